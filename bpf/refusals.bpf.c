// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * At the ingress of `lo` in pods' netns, only where that is asked for: which port refused a
 * connection, and whose connection it was. One program serves all netns; it looks at short TCP
 * segments with RST alone, and each path returns "next".
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_core_read.h>
#include <cgtally/abi.h>

#define TC_NEXT -1 /* TCX_NEXT, TC_ACT_UNSPEC */

#define LONGEST_RST	  134 /* Ethernet, IPv6 and TCP with all options */
#define TCP_FLAG_BYTE_RST 0x04
#define IPV4_LEN	  20
#define IPV6_LEN	  40
#define ROOT_CGROUP_ID	  1

/*
 * Key: who was refused, where. Written by any CPU; read by userspace. LRU: what is lost with an
 * entry are names, not counts: those are the netns' own.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, CGT_REFUSALS);
	__type(key, struct cgt_refusal_key);
	__type(value, struct cgt_refusal);
} cgt_refusals SEC(".maps");

/* Up to 5.14 the cgroup pointer shares its word with net_cls and net_prio. */
struct sock_cgroup_data___5_10 {
	__u64 val;
} __attribute__((preserve_access_index));

struct sock___5_10 {
	struct sock_cgroup_data___5_10 sk_cgrp_data;
} __attribute__((preserve_access_index));

static __always_inline __u64 cgroup_of_caller(struct sock *sk)
{
	__u64 word;

	if (bpf_core_field_exists(struct sock_cgroup_data, cgroup))
		return BPF_CORE_READ(sk, sk_cgrp_data.cgroup, kn, id);
	word = BPF_CORE_READ((struct sock___5_10 *)sk, sk_cgrp_data.val);
	if (!word || (word & 3))
		return ROOT_CGROUP_ID;
	return BPF_CORE_READ((struct cgroup *)word, kn, id);
}

static __always_inline void count_refusal(struct bpf_sock *sk, __u16 port)
{
	__u64 now = bpf_ktime_get_boot_ns();
	struct cgt_refusal fresh = {.first_ns = now, .last_ns = now};
	struct cgt_refusal_key key = {.port = port};
	struct cgt_refusal *refusal;
	struct sock *caller = (struct sock *)bpf_skc_to_tcp_sock(sk);

	if (!caller)
		return;
	key.caller_id = cgroup_of_caller(caller);
	key.netns = BPF_CORE_READ(caller, __sk_common.skc_net.net, ns.inum);
	refusal = bpf_map_lookup_elem(&cgt_refusals, &key);
	if (!refusal) {
		bpf_map_update_elem(&cgt_refusals, &key, &fresh, BPF_NOEXIST);
		refusal = bpf_map_lookup_elem(&cgt_refusals, &key);
		if (!refusal)
			return;
	}
	__sync_fetch_and_add(&refusal->count, 1);
	refusal->last_ns = now;
}

/* The length of the IP header, and the addresses; 0: not TCP, or nothing that a RST looks like. */
static __always_inline __u32 read_ip(struct __sk_buff *skb, struct bpf_sock_tuple *tuple)
{
	__u8 first, protocol;

	if (bpf_skb_load_bytes(skb, ETH_HLEN, &first, 1))
		return 0;
	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		if (bpf_skb_load_bytes(skb, ETH_HLEN + 9, &protocol, 1) ||
		    protocol != IPPROTO_TCP ||
		    bpf_skb_load_bytes(skb, ETH_HLEN + 12, &tuple->ipv4.saddr, 8))
			return 0;
		return (first & 0xf) * 4;
	}
	if (skb->protocol != bpf_htons(ETH_P_IPV6) ||
	    bpf_skb_load_bytes(skb, ETH_HLEN + 6, &protocol, 1) || protocol != IPPROTO_TCP ||
	    bpf_skb_load_bytes(skb, ETH_HLEN + 8, tuple->ipv6.saddr, 32))
		return 0;
	return IPV6_LEN;
}

SEC("tc")
int cgt_refused(struct __sk_buff *skb)
{
	struct bpf_sock_tuple tuple = {};
	struct bpf_sock *sk;
	__u32 ip_len;
	__u16 ports[2]; /* of the one that refuses, and of the caller */
	__u8 flags;

	if (skb->len > LONGEST_RST)
		return TC_NEXT;
	ip_len = read_ip(skb, &tuple);
	if (ip_len < IPV4_LEN || bpf_skb_load_bytes(skb, ETH_HLEN + ip_len + 13, &flags, 1) ||
	    !(flags & TCP_FLAG_BYTE_RST) ||
	    bpf_skb_load_bytes(skb, ETH_HLEN + ip_len, ports, sizeof(ports)))
		return TC_NEXT;
	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		tuple.ipv4.sport = ports[0];
		tuple.ipv4.dport = ports[1];
		sk = bpf_sk_lookup_tcp(skb, &tuple, sizeof(tuple.ipv4), BPF_F_CURRENT_NETNS, 0);
	} else {
		tuple.ipv6.sport = ports[0];
		tuple.ipv6.dport = ports[1];
		sk = bpf_sk_lookup_tcp(skb, &tuple, sizeof(tuple.ipv6), BPF_F_CURRENT_NETNS, 0);
	}
	if (!sk)
		return TC_NEXT;
	/* A connection that was there and is reset now was not refused. */
	if (sk->state == BPF_TCP_SYN_SENT)
		count_refusal(sk, ports[0]);
	bpf_sk_release(sk);
	return TC_NEXT;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
