/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The owner of a packet. Egress: the cgroup of the socket that sent it. Ingress: the cgroup of the
 * socket that a lookup finds, if the packet ends in this netns; never skb->sk, which on a veth is
 * still the sender's socket. A packet without such a socket is owned by a reason (enum cgt_kind).
 */
#pragma once

static __always_inline struct owner sender(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;
	__u64 id;

	if (!sk) {
		if (skb->ingress_ifindex)
			return owner_by_reason(CGT_FORWARDED);
		if (skb->protocol != bpf_htons(ETH_P_IP) && skb->protocol != bpf_htons(ETH_P_IPV6))
			return owner_by_reason(CGT_NOT_IP);
		return owner_by_reason(CGT_KERNEL);
	}
	/*
	 * For a SYN-ACK this is the listener's cgroup; for what the kernel answers in place of a
	 * TIME_WAIT socket it is 0.
	 */
	id = bpf_skb_cgroup_id(skb);
	if (!id)
		return owner_by_reason(CGT_KERNEL);
	if (may_be_of_kernel(id, sk->state) && is_full_socket(sk->state))
		return owner_of(sk, sk->state);
	return (struct owner){.cgroup_id = id};
}

/*
 * Sets `cacheable` if a connected socket took this very flow, or if a UDP socket took the packet
 * and NAT cannot or did not redirect it. A TCP socket that is about to close is looked up again for
 * each packet.
 */
static __always_inline struct owner receiver(struct __sk_buff *skb, struct packet *p,
					     struct cpu_memory *here, int *cacheable)
{
	struct owner owner = {};
	enum match match;

	if (!is_ours(here, &p->tuple, p->version))
		return owner_by_reason(CGT_FORWARDED);
	match = look_up(skb, &p->tuple, p->version, p->protocol, &owner);
	if (match < MATCHED_FLOW) {
		if (nat_is_possible(skb, here, p->version))
			owner.kind = owner_under_nat(skb, p, match, &owner, here);
		else if (match == NO_MATCH)
			owner = owner_without_socket(skb, p);
	}
	*cacheable =
		owner.kind == CGT_CGROUP && (match == MATCHED_FLOW || p->protocol == IPPROTO_UDP);
	return owner;
}
