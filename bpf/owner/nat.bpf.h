/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Asks conntrack about a packet that NAT may still redirect. tc ingress runs before PREROUTING,
 * so a published port looks like a listener of the host (14 of 14 packets in our trial). Only
 * matches by port alone are uncertain: listeners and unconnected UDP sockets. Before 5.18 conntrack
 * cannot be asked; nat_owner.bpf.h then learns from handshakes and from elapsed time, and may be
 * wrong.
 */
#pragma once

#define NF_INET_PRE_ROUTING 0
#define NF_IP_PRI_MANGLE    -150
#define NF_IP_PRI_NAT_DST   -100
#define MAX_NETFILTER_HOOKS 16

enum translation {
	UNTRACKED, /* conntrack does not know the flow, or cannot be asked */
	UNTRANSLATED,
	TRANSLATED,
};

/* The first layout of conntrack's options; later kernels still accept its size. */
struct bpf_ct_opts___first {
	__s32 netns_id;
	__s32 error;
	__u8 l4proto;
	__u8 dir;
	__u8 reserved[2];
};

#ifndef CGT_NO_KERNEL_FUNCTIONS
extern struct nf_conn *bpf_skb_ct_lookup(struct __sk_buff *skb, struct bpf_sock_tuple *tuple,
					 __u32 tuple_len, struct bpf_ct_opts___first *opts,
					 __u32 opts_len) __ksym __weak;
extern void bpf_ct_release(struct nf_conn *ct) __ksym __weak;
#else
static __always_inline struct nf_conn *
bpf_skb_ct_lookup(struct __sk_buff *skb, struct bpf_sock_tuple *tuple, __u32 tuple_len,
		  struct bpf_ct_opts___first *opts, __u32 opts_len)
{
	return NULL;
}

static __always_inline void bpf_ct_release(struct nf_conn *ct)
{
}
#endif

/* Tells whether the netns (a struct net's address) has a PREROUTING hook of this priority. */
VERIFIED_ONCE int has_prerouting_hook(__u64 netns, __u32 version, __s32 wanted)
{
	struct net *net = (void *)netns;
	struct nf_hook_entries *entries;
	__u32 count;

	if (!bpf_core_field_exists(struct netns_nf, hooks_ipv4))
		return 1;
	entries = version == 4 ? BPF_CORE_READ(net, nf.hooks_ipv4[NF_INET_PRE_ROUTING])
			       : BPF_CORE_READ(net, nf.hooks_ipv6[NF_INET_PRE_ROUTING]);
	if (!entries)
		return 0;
	count = BPF_CORE_READ(entries, num_hook_entries);
	for (__u32 i = 0; i < MAX_NETFILTER_HOOKS && i < count; i++) {
		/*
		 * After hooks[] comes an array of pointers to their registrations, in the same
		 * order.
		 */
		void *slot = (void *)entries +
			     bpf_core_field_offset(struct nf_hook_entries, hooks) +
			     count * bpf_core_type_size(struct nf_hook_entry) + i * sizeof(void *);
		struct nf_hook_ops *ops = NULL;

		bpf_probe_read_kernel(&ops, sizeof(ops), slot);
		if (BPF_CORE_READ(ops, priority) == wanted)
			return 1;
	}
	return count > MAX_NETFILTER_HOOKS;
}

static __always_inline __u64 netns_of(struct __sk_buff *ctx)
{
	return (__u64)BPF_CORE_READ(kernel_skb(ctx), dev, nd_net.net);
}

/* The same of the netns of a socket, by the socket's address. */
static __always_inline int has_nat_hook_of_socket(__u64 address, __u32 version)
{
	struct sock *sk = (void *)address;

	return has_prerouting_hook((__u64)BPF_CORE_READ(sk, __sk_common.skc_net.net), version,
				   NF_IP_PRI_NAT_DST);
}

static __noinline int walk_hooks(struct __sk_buff *ctx, struct fact_entry *entry, __u32 version,
				 __s32 priority)
{
	entry->jiffy = bpf_jiffies64();
	entry->key = netns_key;
	entry->answer = has_prerouting_hook(netns_of(ctx), version, priority);
	return entry->answer;
}

/* Walks the netns' hooks once in a jiffy: that takes many probe reads. */
static __always_inline int has_hook_now(struct __sk_buff *ctx, struct fact_entry *entry,
					__u32 version, __s32 priority)
{
	if (preempt_rt)
		return has_prerouting_hook(netns_of(ctx), version, priority);
	if (entry->jiffy != bpf_jiffies64() || entry->key != netns_key)
		return walk_hooks(ctx, entry, version, priority);
	return entry->answer;
}

/*
 * Destination NAT: nftables and both iptables register the dispatcher of nf_nat at this priority;
 * IPVS does not use it.
 */
static __always_inline int nat_is_possible(struct __sk_buff *ctx, struct cpu_memory *here,
					   __u32 version)
{
	return has_hook_now(ctx, &here->nat[version == 6], version, NF_IP_PRI_NAT_DST);
}

/* A transparent proxy gets its packets by a rule of TPROXY, which belongs into the table mangle. */
static __always_inline int tproxy_is_possible(struct __sk_buff *ctx, struct cpu_memory *here,
					      __u32 version)
{
	return has_hook_now(ctx, &here->mangle[version == 6], version, NF_IP_PRI_MANGLE);
}

/*
 * Both ends as the receiver of direction `dir` sees them: the other direction's tuple, swapped.
 * Returns 0 if they were the same before. The status bits of NAT do not tell: IPVS does not set
 * them.
 */
static __always_inline __u32 rewrite_tuple(struct bpf_sock_tuple *tuple, __u8 version,
					   struct nf_conn *ct, __u8 dir)
{
	struct nf_conntrack_tuple *back = dir ? &ct->tuplehash[0].tuple : &ct->tuplehash[1].tuple;
	struct bpf_sock_tuple was = *tuple;
	__u32 changes = 0;

	if (version == 4) {
		tuple->ipv4.daddr = back->src.u3.ip;
		tuple->ipv4.dport = back->src.u.all;
		tuple->ipv4.saddr = back->dst.u3.ip;
		tuple->ipv4.sport = back->dst.u.all;
		return (was.ipv4.daddr ^ tuple->ipv4.daddr) | (was.ipv4.saddr ^ tuple->ipv4.saddr) |
		       (was.ipv4.dport ^ tuple->ipv4.dport) | (was.ipv4.sport ^ tuple->ipv4.sport);
	}
	for (int i = 0; i < 4; i++) {
		tuple->ipv6.daddr[i] = back->src.u3.ip6[i];
		tuple->ipv6.saddr[i] = back->dst.u3.ip6[i];
		changes |= (was.ipv6.daddr[i] ^ tuple->ipv6.daddr[i]) |
			   (was.ipv6.saddr[i] ^ tuple->ipv6.saddr[i]);
	}
	tuple->ipv6.dport = back->src.u.all;
	tuple->ipv6.sport = back->dst.u.all;
	return changes | (was.ipv6.dport ^ tuple->ipv6.dport) |
	       (was.ipv6.sport ^ tuple->ipv6.sport);
}

/* `tuple` becomes that of the receiving socket, which is another if TRANSLATED. */
static __noinline enum translation translate(struct __sk_buff *skb, struct bpf_sock_tuple *tuple,
					     __u32 version, __u32 protocol, int *is_reply)
{
	struct bpf_ct_opts___first opts = {.netns_id = BPF_F_CURRENT_NETNS, .l4proto = protocol};
	__u32 tuple_len = version == 4 ? sizeof(tuple->ipv4) : sizeof(tuple->ipv6);
	enum translation answer = UNTRANSLATED;
	struct nf_conn *ct;

	if (!have_conntrack)
		return UNTRACKED;
	ct = bpf_skb_ct_lookup(skb, tuple, tuple_len, &opts, sizeof(opts));
	if (!ct)
		return UNTRACKED;
	*is_reply = opts.dir != 0;
	if (rewrite_tuple(tuple, version, ct, opts.dir))
		answer = TRANSLATED;
	bpf_ct_release(ct);
	return answer;
}
