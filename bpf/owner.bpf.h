/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Whose packet this is. Egress: the socket that sent it. Ingress: never skb->sk, which on a veth is
 * the sender's; if the packet ends in this netns, the socket that a lookup finds. Everything else
 * is a reason with a name.
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
	 * The listener's for a SYN-ACK; 0 for what the kernel answers on behalf of a TIME_WAIT
	 * socket.
	 */
	id = bpf_skb_cgroup_id(skb);
	if (!id)
		return owner_by_reason(CGT_KERNEL);
	if (may_be_of_kernel(id, sk->state) && is_full_socket(sk->state))
		return owner_of(sk, sk->state);
	return (struct owner){.cgroup_id = id};
}

#define TUPLE_LEN(version)                                                                         \
	((version) == 4 ? sizeof(((struct bpf_sock_tuple *)0)->ipv4)                               \
			: sizeof(((struct bpf_sock_tuple *)0)->ipv6))

enum match {
	NO_MATCH,
	MATCHED_PORT,	/* a listener or an unconnected UDP socket: anybody's packet would match */
	MATCHED_FLOW,	/* the socket knows both ends */
	MATCHED_ENDING, /* so it does, but its connection is not (or no longer) established */
};

/* A TCP socket's type the verifier can be told on every kernel, so that none needs probe reads. */
static __always_inline struct owner owner_of_tcp(struct bpf_sock *sk, __u32 state)
{
	struct tcp_sock *tcp;

	if (have_rdonly_cast)
		return owner_of(sk, state);
	tcp = bpf_skc_to_tcp_sock(sk);
	if (!tcp)
		return owner_by_reason(CGT_NO_SOCKET);
	return owner_of_typed(&tcp->inet_conn.icsk_inet.sk, state);
}

static __always_inline enum match look_up_tcp(struct __sk_buff *skb, struct bpf_sock_tuple *tuple,
					      __u32 version, struct owner *owner)
{
	struct bpf_sock *sk =
		bpf_sk_lookup_tcp(skb, tuple, TUPLE_LEN(version), BPF_F_CURRENT_NETNS, 0);
	__u32 state;

	if (!sk)
		return NO_MATCH;
	state = sk->state;
	*owner = owner_of_tcp(sk, state);
	bpf_sk_release(sk);
	if (state == BPF_TCP_LISTEN)
		return MATCHED_PORT;
	return state == BPF_TCP_ESTABLISHED ? MATCHED_FLOW : MATCHED_ENDING;
}

static __always_inline enum match look_up_udp(struct __sk_buff *skb, struct bpf_sock_tuple *tuple,
					      __u32 version, struct owner *owner)
{
	struct bpf_sock *sk =
		bpf_sk_lookup_udp(skb, tuple, TUPLE_LEN(version), BPF_F_CURRENT_NETNS, 0);
	__u32 state;

	if (!sk)
		return NO_MATCH;
	state = sk->state;
	*owner = owner_of(sk, state);
	bpf_sk_release(sk);
	return state == BPF_TCP_ESTABLISHED ? MATCHED_FLOW : MATCHED_PORT;
}

/* bpf_sk_lookup_tcp hides small sockets; this one shows them. */
static __noinline __u32 small_socket_state(struct __sk_buff *skb, struct bpf_sock_tuple *tuple,
					   __u32 version)
{
	struct bpf_sock *sk =
		bpf_skc_lookup_tcp(skb, tuple, TUPLE_LEN(version), BPF_F_CURRENT_NETNS, 0);
	__u32 state = 0;

	if (sk) {
		state = sk->state;
		bpf_sk_release(sk);
	}
	return state;
}

static __noinline enum match look_up(struct __sk_buff *skb, struct bpf_sock_tuple *tuple,
				     __u32 version, __u32 protocol, struct owner *owner)
{
	return protocol == IPPROTO_TCP ? look_up_tcp(skb, tuple, version, owner)
				       : look_up_udp(skb, tuple, version, owner);
}

static __always_inline struct owner nobody(struct __sk_buff *skb, struct packet *p)
{
	if (p->protocol == IPPROTO_TCP &&
	    small_socket_state(skb, &p->tuple, p->version) == BPF_TCP_TIME_WAIT)
		return owner_by_reason(CGT_CLOSING);
	return owner_by_reason(CGT_NO_SOCKET);
}

static __always_inline int is_syn(const struct packet *p)
{
	return p->protocol == IPPROTO_TCP &&
	       (p->tcp_flags & (TCP_FLAG_BYTE_SYN | TCP_FLAG_BYTE_ACK)) == TCP_FLAG_BYTE_SYN;
}

/* The first packet of a flow, which conntrack has not seen yet. */
static __always_inline struct owner owner_by_fate(struct __sk_buff *skb, struct packet *p,
						  enum match match, struct owner matched,
						  enum port_fate fate)
{
	if (match == MATCHED_PORT && fate == FATE_HERE)
		return matched;
	if (match == MATCHED_PORT || fate == FATE_ELSEWHERE)
		return owner_by_reason(CGT_FORWARDED);
	return nobody(skb, p);
}

/*
 * NAT may redirect this packet after us, and no socket of its own vouches for it. Returns the
 * owner's kind.
 */
static __noinline enum cgt_kind settle_under_nat(struct __sk_buff *skb, struct packet *p,
						 enum match match, struct owner *owner,
						 struct cpu_memory *here)
{
	int answers_handshake =
		match == MATCHED_PORT && p->protocol == IPPROTO_TCP && !is_syn(p) &&
		small_socket_state(skb, &p->tuple, p->version) == BPF_TCP_NEW_SYN_RECV;
	struct port_key port = port_key_of(p);
	enum translation translation = UNTRANSLATED;
	struct bpf_sock_tuple tuple = p->tuple;
	struct port_belief *belief;
	int is_reply = 0;

	if (!answers_handshake)
		translation = translate(skb, &tuple, p->version, p->protocol, &is_reply);
	/* A reply comes back to who asked, which says nothing of who may be asked at the port. */
	if (!is_reply) {
		belief = belief_of(&port, match == MATCHED_PORT || translation == TRANSLATED);
		if (translation == UNTRACKED) {
			if (belief && match == MATCHED_PORT)
				settle_doubtful(skb, p, belief, &tuple, bpf_jiffies64());
			*owner = owner_by_fate(skb, p, match, *owner,
					       belief ? belief->fate : FATE_UNKNOWN);
			return owner->kind;
		}
		if (belief)
			learn_fate(belief, translation);
	}
	if (translation == TRANSLATED) {
		if (!is_ours(here, &tuple, p->version)) {
			*owner = owner_by_reason(CGT_FORWARDED);
			return owner->kind;
		}
		match = look_up(skb, &tuple, p->version, p->protocol, owner);
	}
	if (match == NO_MATCH)
		*owner = nobody(skb, p);
	return owner->kind;
}

/*
 * Sets `cacheable` if a socket answered for this very flow, or for this UDP port without doubt; a
 * TCP socket that is on its way out is asked again for each packet.
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
			owner.kind = settle_under_nat(skb, p, match, &owner, here);
		else if (match == NO_MATCH)
			owner = nobody(skb, p);
	}
	*cacheable =
		owner.kind == CGT_CGROUP && (match == MATCHED_FLOW || p->protocol == IPPROTO_UDP);
	return owner;
}
