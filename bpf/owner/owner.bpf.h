/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The owner of a packet. Egress: the cgroup of the socket that sent it, also in a pod behind a
 * veth. Ingress: the cgroup of the socket that a lookup finds, in this netns or in the pod's that
 * has the address; never skb->sk, which on a veth is still the sender's socket. A packet without
 * such a socket is owned by a reason (enum cgt_kind).
 */
#pragma once

/* Not a kind of account: the packet must not be counted here. */
#define NOT_COUNTED CGT_KINDS

/* The protocols that carry packets of another sender, of IANA's list. */
static __always_inline int is_encapsulation(__u8 protocol)
{
	return protocol == IPPROTO_IPIP || protocol == IPPROTO_IPV6 || protocol == IPPROTO_GRE ||
	       protocol == IPPROTO_ESP || protocol == IPPROTO_AH || protocol == 97 /* EtherIP */ ||
	       protocol == 115 /* L2TP */ || protocol == 137 /* MPLS */;
}

/*
 * The kind of a packet without a socket that no other interface handed in. The kernel's own packets
 * have a socket, also those of ICMP and resets; UDP without one has lost it in a tunnel, which
 * forgets the interface, too (skb_scrub_packet).
 */
VERIFIED_ONCE int find_kind_without_socket(struct __sk_buff *skb)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct cpu_memory *here = bpf_map_lookup_elem(&cgt_cpus, &cpu);
	struct packet on_stack, *p;

	if (!here)
		return CGT_KERNEL;
	p = parse_anew(skb, here, &on_stack);
	if (!p->version)
		return CGT_NOT_IP;
	return p->protocol == IPPROTO_UDP || is_encapsulation(p->protocol) ? CGT_TUNNEL
									   : CGT_KERNEL;
}

/* What was redirected to an ifb comes back without its socket, as if from another interface. */
static __always_inline __u32 kind_without_socket(struct __sk_buff *skb)
{
	if (!skb->ingress_ifindex)
		return find_kind_without_socket(skb);
	return is_from_ifb(skb) ? NOT_COUNTED : CGT_FORWARDED;
}

/*
 * The owner of a packet that still has the socket which sent it. A full socket is read here where
 * that takes plain loads: the helper gives the same, but its code must come into the CPU's caches.
 */
static __always_inline struct owner owner_of_sender(struct __sk_buff *skb, struct bpf_sock *sk)
{
	__u32 state = sk->state;
	__u64 id;

	if (have_rdonly_cast && is_full_socket(state))
		return owner_of(sk, state);
	/*
	 * For a SYN-ACK this is the listener's cgroup; for what the kernel answers in place of a
	 * TIME_WAIT socket it is 0.
	 */
	id = bpf_skb_cgroup_id(skb);
	if (!id)
		return owner_by_reason(CGT_KERNEL);
	if (may_be_of_kernel(id, state) && is_full_socket(state))
		return owner_of(sk, state);
	return (struct owner){.cgroup_id = id};
}

/*
 * The owner of a packet that was handed over, or whose device tells its pod. That no ifb gave it
 * back needs no question the first time that this interface sees it.
 */
static __always_inline struct owner sender_behind(struct __sk_buff *skb, struct cpu_memory *here)
{
	struct passage *passage = find_passage(skb, here);
	__u32 device = skb->ingress_ifindex;
	__u32 iface = interface_key(skb);
	__u32 kind = CGT_FORWARDED;
	__u64 id = 0;

	if (!passage || !device || passage->counted_on == iface)
		kind = kind_without_socket(skb);
	if (kind != CGT_FORWARDED && kind != CGT_TUNNEL)
		return owner_by_reason(kind);
	if (passage) {
		passage->counted_on = iface;
		device = passage->device;
		id = passage->cgroup_id;
	}
	if (!id && device) {
		id = pod_behind_device(device);
		if (id)
			id = find_sender_in_pod(skb, id);
	}
	return id ? (struct owner){.cgroup_id = id} : owner_by_reason(kind);
}

static __always_inline struct owner sender(struct __sk_buff *skb, struct cpu_memory *here)
{
	struct bpf_sock *sk = skb->sk;

	return sk ? owner_of_sender(skb, sk) : sender_behind(skb, here);
}

/* What a pod's veth gives the host: notes whose it is. */
static __always_inline void note_origin(struct __sk_buff *skb, struct cpu_memory *here)
{
	struct bpf_sock *sk = skb->sk;
	struct owner owner = sk ? owner_of_sender(skb, sk) : owner_by_reason(CGT_KERNEL);

	hand_over(skb, here, owner.kind == CGT_CGROUP ? owner.cgroup_id : 0);
}

/*
 * The owner of a packet to an address that is not ours. A listener on the wildcard matches, but
 * only a handshake with it (a transparent proxy's) is a proof.
 */
static __always_inline void owner_at_foreign(struct __sk_buff *skb, struct packet *p,
					     enum match match, struct owner *owner,
					     struct cpu_memory *here)
{
	if (!answers_handshake(skb, p, match))
		owner_behind(skb, p, &p->tuple, owner, here);
}

static __always_inline void owner_where_nat_decides(struct __sk_buff *skb, struct packet *p,
						    enum match match, struct owner *owner,
						    struct cpu_memory *here)
{
	if (owner_under_nat(skb, p, match, owner, here) != BEHIND_NAT)
		return;
	owner_behind(skb, p, &p->translated, owner, here);
	forget_socket(owner);
}

/*
 * Member by member: two that were stored one by one and are loaded as one word would make the CPU
 * wait for the stores.
 */
static __always_inline struct owner copy_of(const struct owner *owner)
{
	__u32 kind = owner->kind;

	barrier_var(kind);
	return (struct owner){
		.cgroup_id = owner->cgroup_id, .kind = kind, .cacheable = owner->cacheable};
}

/*
 * Where TPROXY may give packets to a proxy, a socket bound to both ends of the tuple proves that
 * the packet is for it, whosever the address seems to be.
 */
static __always_inline struct owner receiver(struct __sk_buff *skb, struct packet *p,
					     struct cpu_memory *here)
{
	struct owner owner = {};
	enum match match;

	p->whose = whose_address_at_once(skb, here, &p->tuple, p->version);
	if (p->whose == ADDRESS_FOREIGN && !tproxy_is_possible(skb, here, p->version)) {
		owner_behind(skb, p, &p->tuple, &owner, here);
		return copy_of(&owner);
	}
	match = look_up_receiver(skb, p, &p->tuple, OUR_NETNS, &owner);
	if (match == MATCHED_ENDING)
		p->unserved = BY_OLD_SOCKET;
	if (match >= MATCHED_FLOW) {
		if (p->whose == ADDRESS_OURS)
			owner.cacheable = renewable(owner.cacheable);
		return copy_of(&owner);
	}
	if (p->whose == ADDRESS_FOREIGN)
		owner_at_foreign(skb, p, match, &owner, here);
	else if (nat_is_possible(skb, here, p->version))
		owner_where_nat_decides(skb, p, match, &owner, here);
	else if (match == NO_MATCH)
		owner = owner_without_socket(skb, p);
	if (owner.kind == CGT_NO_SOCKET && p->whose == ADDRESS_UNCLEAR)
		owner.kind = CGT_FORWARDED;
	return copy_of(&owner);
}
