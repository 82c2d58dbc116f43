/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where a packet ends that NAT may still redirect: tc ingress runs before PREROUTING, so a
 * published port looks like the host's own listener (14 of 14 packets in our trial). Only sockets
 * that match by port alone are in doubt: listeners and unconnected UDP. Conntrack decides for a
 * known flow; the first packet of a new one goes by what was learned of its port, and is never
 * given to a socket on suspicion.
 */
#pragma once

#define NF_INET_PRE_ROUTING 0
#define NF_IP_PRI_NAT_DST   -100
#define MAX_NETFILTER_HOOKS 16
#define IPS_SRC_NAT	    (1 << 4)
#define IPS_DST_NAT	    (1 << 5)
#define IP_CT_DIR_MAX	    2

enum destination {
	ENDS_HERE,	      /* as addressed, or NAT cannot happen */
	ENDS_HERE_TRANSLATED, /* at a socket of this netns; the tuple has been rewritten to it */
	ENDS_ELSEWHERE,
	ENDS_UNKNOWN,
};

/* Conntrack's options as they were first; later kernels still take this size. */
struct bpf_ct_opts___first {
	__s32 netns_id;
	__s32 error;
	__u8 l4proto;
	__u8 dir;
	__u8 reserved[2];
};

extern struct nf_conn *bpf_skb_ct_lookup(struct __sk_buff *skb, struct bpf_sock_tuple *tuple,
					 __u32 tuple_len, struct bpf_ct_opts___first *opts,
					 __u32 opts_len) __ksym __weak;
extern void bpf_ct_release(struct nf_conn *ct) __ksym __weak;

/*
 * Whether the netns has a destination NAT hook, however it got there (nftables, either iptables,
 * IPVS helpers): all of them register nf_nat's one dispatcher at this priority.
 */
static __noinline int nat_is_possible(struct __sk_buff *ctx, __u32 version)
{
	struct net *net = BPF_CORE_READ(kernel_skb(ctx), dev, nd_net.net);
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
		 * Behind the hooks[] stands an array of pointers to their registrations, in the
		 * same order.
		 */
		void *slot = (void *)entries +
			     bpf_core_field_offset(struct nf_hook_entries, hooks) +
			     count * bpf_core_type_size(struct nf_hook_entry) + i * sizeof(void *);
		struct nf_hook_ops *ops = NULL;

		bpf_probe_read_kernel(&ops, sizeof(ops), slot);
		if (BPF_CORE_READ(ops, priority) == NF_IP_PRI_NAT_DST)
			return 1;
	}
	return count > MAX_NETFILTER_HOOKS;
}

/* The receiver of `dir` is the sender of the other direction, as that one sees itself. */
static __always_inline void rewrite_destination(struct bpf_sock_tuple *tuple, __u8 version,
						struct nf_conn *ct, __u8 dir)
{
	struct nf_conntrack_man *man =
		dir ? &ct->tuplehash[0].tuple.src : &ct->tuplehash[1].tuple.src;

	if (version == 4) {
		tuple->ipv4.daddr = man->u3.ip;
		tuple->ipv4.dport = man->u.all;
	} else {
		tuple->ipv6.daddr[0] = man->u3.ip6[0];
		tuple->ipv6.daddr[1] = man->u3.ip6[1];
		tuple->ipv6.daddr[2] = man->u3.ip6[2];
		tuple->ipv6.daddr[3] = man->u3.ip6[3];
		tuple->ipv6.dport = man->u.all;
	}
}

static __noinline enum destination conntrack_destination(struct __sk_buff *skb,
							 struct bpf_sock_tuple *tuple,
							 __u32 version, __u32 protocol, __u64 now)
{
	struct bpf_ct_opts___first opts = {.netns_id = BPF_F_CURRENT_NETNS, .l4proto = protocol};
	enum destination answer = ENDS_HERE;
	struct nf_conn *ct;

	if (!have_conntrack)
		return ENDS_UNKNOWN;
	if (version == 4)
		ct = bpf_skb_ct_lookup(skb, tuple, sizeof(tuple->ipv4), &opts, sizeof(opts));
	else
		ct = bpf_skb_ct_lookup(skb, tuple, sizeof(tuple->ipv6), &opts, sizeof(opts));
	if (!ct)
		return ENDS_UNKNOWN;
	if (ct->status & (IPS_SRC_NAT | IPS_DST_NAT)) {
		rewrite_destination(tuple, version, ct, opts.dir);
		answer = ENDS_HERE_TRANSLATED;
	}
	bpf_ct_release(ct);
	if (answer == ENDS_HERE_TRANSLATED && !is_ours(tuple, version, now))
		answer = ENDS_ELSEWHERE;
	return answer;
}
