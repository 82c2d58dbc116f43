/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Finds the socket that the kernel would deliver a tuple to, and the owner of that socket. The
 * caller must know that the packet ends in the netns: a lookup answers for any destination address
 * if a socket listens on the wildcard. Does not know of NAT of our netns (nat_owner.bpf.h) or of
 * caches.
 */
#pragma once

#define TUPLE_LEN(version)                                                                         \
	((version) == 4 ? sizeof(((struct bpf_sock_tuple *)0)->ipv4)                               \
			: sizeof(((struct bpf_sock_tuple *)0)->ipv6))

/*
 * A netns to look in: its id and, in the upper half, its inode, or 0 for any. The kernel gives the
 * id of a netns that has gone to the next one, before userspace can hear of it.
 */
#define OUR_NETNS		    ((__u32)BPF_F_CURRENT_NETNS)
#define NETNS_OF_ENDPOINT(endpoint) ((__u64)(endpoint)->netns_inode << 32 | (__u32)(endpoint)->nsid)

enum match {
	NO_MATCH,
	MATCHED_PORT,	/* a listener or an unconnected UDP socket: any sender's packet matches */
	MATCHED_FLOW,	/* an established socket, which is bound to both ends of the tuple */
	MATCHED_ENDING, /* a socket bound to both ends, not yet or no longer established */
};

/* bpf_skc_to_tcp_sock gives the verifier the type on every kernel, so plain loads suffice. */
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

/* Of IPv4. For IPv6 the kernel's lookup is all that we know. */
static __always_inline int is_multicast_group(const struct bpf_sock_tuple *tuple, __u32 version)
{
	return version == 4 &&
	       (bpf_ntohl(tuple->ipv4.daddr) & IPV4_MULTICAST_MASK) == IPV4_MULTICAST;
}

/* Tells whether the socket found may not be the one that takes the packet. */
static __always_inline int is_one_of_several(struct bpf_sock *sk,
					     const struct bpf_sock_tuple *tuple, __u32 version)
{
	struct sock *typed;

	if (is_multicast_group(tuple, version))
		return is_not_a_member(address_of(sk), tuple->ipv4.daddr);
	if (have_rdonly_cast) {
		typed = bpf_rdonly_cast(sk, bpf_core_type_id_kernel(struct sock));
		if (!typed->sk_reuseport_cb)
			return 0;
	}
	return is_steered_group(address_of(sk));
}

static __always_inline int is_of_another_netns(struct bpf_sock *sk, __u64 netns)
{
	__u32 inode = netns >> 32;
	struct sock *typed;

	if (!inode)
		return 0;
	if (!have_rdonly_cast)
		return BPF_CORE_READ((struct sock *)address_of(sk), __sk_common.skc_net.net,
				     ns.inum) != inode;
	typed = bpf_rdonly_cast(sk, bpf_core_type_id_kernel(struct sock));
	return typed->__sk_common.skc_net.net->ns.inum != inode;
}

/*
 * Tells whether NAT of another netns may give the packet to another socket than the lookup found
 * there. In our own netns nat_owner.bpf.h decides that.
 */
static __always_inline int may_be_redirected_there(struct bpf_sock *sk, __u32 version, __u64 netns)
{
	return netns != OUR_NETNS && has_nat_hook_of_socket(address_of(sk), version);
}

static __always_inline enum match look_up_tcp(struct __sk_buff *skb, struct bpf_sock_tuple *tuple,
					      __u32 version, __u64 netns, struct owner *owner)
{
	enum match match = MATCHED_PORT;
	struct owner found;
	struct bpf_sock *sk;
	__u32 state;

	owner->cacheable = belief_before_lookup(tuple, version);
	sk = bpf_sk_lookup_tcp(skb, tuple, TUPLE_LEN(version), (__s32)netns, 0);
	if (!sk) {
		owner->cacheable = 0;
		return NO_MATCH;
	}
	state = sk->state;
	found = owner_of_tcp(sk, state);
	owner->cgroup_id = found.cgroup_id;
	owner->kind = found.kind;
	if (state != BPF_TCP_ESTABLISHED)
		owner->cacheable = 0;
	if (state == BPF_TCP_LISTEN) {
		if (is_one_of_several(sk, tuple, version))
			*owner = owner_by_reason(CGT_SEVERAL);
		if (may_be_redirected_there(sk, version, netns))
			match = NO_MATCH;
	} else {
		match = state == BPF_TCP_ESTABLISHED ? MATCHED_FLOW : MATCHED_ENDING;
	}
	if (is_of_another_netns(sk, netns))
		match = NO_MATCH;
	bpf_sk_release(sk);
	return match;
}

static __always_inline __u64 look_up_udp(struct __sk_buff *skb, struct bpf_sock_tuple *tuple,
					 __u32 version, __u64 netns, struct owner *owner)
{
	struct bpf_sock *sk = bpf_sk_lookup_udp(skb, tuple, TUPLE_LEN(version), (__s32)netns, 0);
	__u64 match = MATCHED_FLOW;
	__u64 address = 0;
	__u32 state;

	if (!sk)
		return NO_MATCH;
	state = sk->state;
	*owner = owner_of(sk, state);
	if (state != BPF_TCP_ESTABLISHED) {
		match = MATCHED_PORT;
		if (is_one_of_several(sk, tuple, version))
			*owner = owner_by_reason(CGT_SEVERAL);
		if (may_be_redirected_there(sk, version, netns))
			match = NO_MATCH;
	}
	if (is_of_another_netns(sk, netns))
		match = NO_MATCH;
	if (match)
		owner->cacheable = FOR_THIS_JIFFY;
	if (sockets_can_be_remembered && match && owner->kind == CGT_CGROUP &&
	    !is_multicast_group(tuple, version))
		address = address_if_alone(sk);
	if (address)
		owner->cacheable = WHILE_THE_SOCKET_TAKES_IT;
	bpf_sk_release(sk);
	return match | address;
}

/*
 * The state of a TIME_WAIT or request socket. bpf_sk_lookup_tcp hides both kinds;
 * bpf_skc_lookup_tcp returns them.
 */
static __noinline __u32 small_socket_state(struct __sk_buff *skb, struct bpf_sock_tuple *tuple,
					   __u32 version, __u64 netns)
{
	struct bpf_sock *sk = bpf_skc_lookup_tcp(skb, tuple, TUPLE_LEN(version), (__s32)netns, 0);
	__u32 state = 0;

	if (sk) {
		state = sk->state;
		bpf_sk_release(sk);
	}
	return state;
}

/* IP version and protocol in one argument. */
static __always_inline __u32 flow_kind(const struct packet *p)
{
	return p->version << 8 | p->protocol;
}

/*
 * The owner is cacheable if a connected socket takes this very flow, or if a UDP socket takes the
 * packet. A TCP socket that is about to close is looked up again for each packet. Returns the match
 * and, in the other bits, the address of a UDP socket that alone takes the packet.
 */
static __noinline __u64 find_socket(struct __sk_buff *skb, struct bpf_sock_tuple *tuple,
				    __u32 flow_kind, __u64 netns, struct owner *owner)
{
	__u32 version = flow_kind >> 8;

	return (flow_kind & 0xff) == IPPROTO_TCP ? look_up_tcp(skb, tuple, version, netns, owner)
						 : look_up_udp(skb, tuple, version, netns, owner);
}

#define MATCH_MASK 3ULL /* the kernel's objects lie at multiples of 8 */

static __always_inline enum match look_up(struct __sk_buff *skb, struct bpf_sock_tuple *tuple,
					  __u32 flow_kind, __u64 netns, struct owner *owner)
{
	return find_socket(skb, tuple, flow_kind, netns, owner) & MATCH_MASK;
}

/* For the packet's receiver: notes the socket, too. */
static __always_inline enum match look_up_receiver(struct __sk_buff *skb, struct packet *p,
						   struct bpf_sock_tuple *tuple, __u64 netns,
						   struct owner *owner)
{
	__u64 found = find_socket(skb, tuple, flow_kind(p), netns, owner);

	if (sockets_can_be_remembered) {
		p->socket = found & ~MATCH_MASK;
		if (p->socket && (found & MATCH_MASK) == MATCHED_PORT)
			owner->cacheable = WHILE_THE_SOCKET_TAKES_ALL;
	}
	return found & MATCH_MASK;
}

/* The reason to count for a packet to one of our addresses that no full socket takes. */
static __always_inline struct owner owner_without_socket(struct __sk_buff *skb, struct packet *p)
{
	if (p->protocol == IPPROTO_TCP &&
	    small_socket_state(skb, &p->tuple, p->version, OUR_NETNS) == BPF_TCP_TIME_WAIT)
		return owner_by_reason(CGT_CLOSING);
	return owner_by_reason(CGT_NO_SOCKET);
}

static __always_inline int is_syn(const struct packet *p)
{
	return p->protocol == IPPROTO_TCP &&
	       (p->tcp_flags & (TCP_FLAG_BYTE_SYN | TCP_FLAG_BYTE_ACK)) == TCP_FLAG_BYTE_SYN;
}

/* Tells whether the packet completes a handshake: a listener has a request socket for its tuple. */
static __noinline int answers_handshake(struct __sk_buff *skb, struct packet *p, __u32 match)
{
	return match == MATCHED_PORT && p->protocol == IPPROTO_TCP && !is_syn(p) &&
	       small_socket_state(skb, &p->tuple, p->version, OUR_NETNS) == BPF_TCP_NEW_SYN_RECV;
}
