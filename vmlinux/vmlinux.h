/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's own types, cut down to the fields that bpf/ touches. libbpf relocates each access
 * against the BTF of the kernel that runs, so order and offsets here mean nothing. Meant to stand
 * beside <linux/bpf.h>. Written by scripts/vmlinux from vmlinux/fields.txt: change that instead.
 */
#ifndef __VMLINUX_H__
#define __VMLINUX_H__

#include <linux/types.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct kernfs_node {
	__u64 id;
	char *name;
};

struct cgroup_root {
	int hierarchy_id;
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys_state *parent;
};

struct cgroup {
	struct cgroup_subsys_state self;
	struct kernfs_node *kn;
	struct cgroup_root *root;
};

struct sock_cgroup_data {
	struct cgroup *cgroup;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct sock_common {
	possible_net_t skc_net;
	__u64 skc_addrpair;
	__be16 skc_dport;
	__u32 skc_portpair;
	unsigned short skc_family;
	unsigned char skc_reuse : 4;
	unsigned char skc_reuseport : 1;
	int skc_bound_dev_if;
};

struct sock {
	struct sock_common __sk_common;
	struct sock_cgroup_data sk_cgrp_data;
	__u8 sk_kern_sock : 1;
	__u16 sk_protocol;
	__u16 sk_type;
	struct sock_reuseport *sk_reuseport_cb;
};

struct inet_sock {
	struct sock sk;
	__be16 inet_sport;
	struct ip_mc_socklist *mc_list;
};

struct inet_connection_sock {
	struct inet_sock icsk_inet;
};

struct tcp_sock {
	struct inet_connection_sock inet_conn;
	_Bool is_mptcp;
};

struct udp_sock {
	void *encap_rcv;
};

struct sock_reuseport {
	__u16 num_socks;
	struct bpf_prog *prog;
	struct sock *socks[0];
};

struct nf_hook_ops {
	int priority;
};

struct nf_hook_entry {
	void *hook;
	void *priv;
};

struct nf_hook_entries {
	__u16 num_hook_entries;
	struct nf_hook_entry hooks[0];
};

struct netns_nf {
	struct nf_hook_entries *hooks_ipv4[5];
	struct nf_hook_entries *hooks_ipv6[5];
};

struct netns_xfrm {
	unsigned int state_num;
};

struct ns_common {
	unsigned int inum;
};

struct net {
	struct netns_nf nf;
	struct netns_xfrm xfrm;
	struct ns_common ns;
	struct {
		struct {
			void *xa_head;
		} idr_rt;
	} netns_ids;
};

struct xa_node {
	unsigned char shift;
	void *slots[64];
};

struct list_head {
	struct list_head *next;
};

struct net_device {
	void *rx_handler;
	possible_net_t nd_net;
	int ifindex;
	unsigned char *dev_addr;
	struct {
		struct list_head upper;
	} adj_list;
};

struct netdev_adjacent {
	struct net_device *dev;
	struct list_head list;
	_Bool master;
};

struct sk_buff {
	struct net_device *dev;
	__u8 encapsulation : 1;
	__u16 inner_transport_header;
	unsigned char *head;
	unsigned char *data;
	unsigned int end;
	__u8 tc_skip_classify : 1;
	__u8 active_extensions;
	struct skb_ext *extensions;
};

struct skb_shared_info {
	unsigned int gso_type;
};

struct skb_ext {
	__u8 offset[3];
};

struct xfrm_offload {
	__u32 flags;
};

struct sec_path {
	int olen;
	struct xfrm_offload ovec[1];
};

union nf_inet_addr {
	__u32 all[4];
	__be32 ip;
	__be32 ip6[4];
};

union nf_conntrack_man_proto {
	__be16 all;
};

struct nf_conntrack_man {
	union nf_inet_addr u3;
	union nf_conntrack_man_proto u;
};

struct nf_conntrack_tuple {
	struct nf_conntrack_man src;
	struct {
		union nf_inet_addr u3;
		union {
			__be16 all;
		} u;
	} dst;
};

struct nf_conntrack_tuple_hash {
	struct nf_conntrack_tuple tuple;
};

struct nf_conn {
	struct nf_conntrack_tuple_hash tuplehash[2];
	unsigned long status;
};

#pragma clang attribute pop

#endif
