/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How long the owner of a flow is believed without another lookup: struct owner's `cacheable`.
 *
 * Of an established TCP connection: until a socket with its ports, in whatever netns, leaves the
 * state ESTABLISHED (tcp_changes.bpf.h). Of a UDP socket that shares its port with none: as long as
 * it is open and, which is asked once in a jiffy, takes the flow (udp_socket.bpf.h). Both at most
 * for flow_jiffies, a second: that is for changes that no socket of this host takes part in, such
 * as an address that moves to another netns. Of TCP, where the address alone can have changed, a
 * look at it is enough for another second. Of other UDP, and where only an address tells the owner:
 * until the jiffy ends. The price: if another socket takes over the tuple, its packets count for
 * the former owner until then.
 */
#pragma once

#define FOR_THIS_JIFFY 1
/* In an entry both are the socket's address. */
#define WHILE_THE_SOCKET_TAKES_IT  4 /* what this sender sends */
#define WHILE_THE_SOCKET_TAKES_ALL 8 /* what anybody sends to it */
/* Of a local owner (connections.bpf.h): each connection to it is believed for itself. */
#define WHILE_THE_ADDRESS_IS_OURS 16

/* With this bit, bits 2 to 11 are the bucket, and the upper half is the lower half of its count. */
#define WHILE_ESTABLISHED 2
#define BUCKET_SHIFT	  2
#define RENEWABLE_BIT	  12
#define COUNT_SHIFT	  16
_Static_assert(BUCKET_SHIFT + CGT_TCP_CHANGE_BITS <= RENEWABLE_BIT && RENEWABLE_BIT < COUNT_SHIFT,
	       "the parts do not overlap");

/*
 * One load of the count as it is now (READ_ONCE in the kernel's words). For a packet of a flow that
 * is remembered no barrier belongs here: nothing else that another CPU writes is read under it, and
 * whatever made the packet come after the change (a queue's lock, a driver's barrier) shows the
 * change as well.
 */
static __always_inline __u32 belief_in_bucket(__u32 bucket)
{
	volatile __u32 *changes = tcp_changes_of(bucket);

	return WHILE_ESTABLISHED | bucket << BUCKET_SHIFT | (changes ? *changes << COUNT_SHIFT : 0);
}

/*
 * To be asked before the lookup, so that no change after it is missed. arm64 may load the kernel's
 * hash first, all the same, and BPF has no acquire before 6.15. But no machine loads from an
 * address before it knows the address: so the tuple, which tells the place in the hash, gets a 0
 * that is computed from the count. The kernel's memory model keeps this order (an address
 * dependency, by way of a store that the same CPU reads back).
 */
static __always_inline __u32 belief_before_lookup(struct bpf_sock_tuple *tuple, __u32 version)
{
	__u32 *ports = version == 4 ? (__u32 *)&tuple->ipv4.sport : (__u32 *)&tuple->ipv6.sport;
	__u64 both = *ports;
	__u32 belief = belief_in_bucket(tcp_change_bucket(both));
	__u64 nothing = belief;

	/* By hand: clang would drop what it knows to be 0. */
	asm volatile("%0 ^= %0" : "+r"(nothing));
	*(volatile __u32 *)ports = both | nothing;
	return belief;
}

/*
 * The belief in a socket of our netns that was found by the packet's own tuple. As long as the
 * socket is established and the destination is an address of ours, another lookup finds it again:
 * so after a second it is enough to ask whose the address is. Not where the count has no barrier:
 * kernels with bpf_rdonly_cast have one.
 */
static __always_inline __u32 renewable(__u32 belief)
{
	return have_rdonly_cast ? belief | (belief & WHILE_ESTABLISHED) << (RENEWABLE_BIT - 1)
				: belief;
}

static __always_inline int is_by_socket(__u32 cacheable)
{
	return cacheable == WHILE_THE_SOCKET_TAKES_IT || cacheable == WHILE_THE_SOCKET_TAKES_ALL;
}

/* Else of all senders: those have port 0. */
static __always_inline int is_of_one_sender(const struct owner_entry *entry)
{
	return (__u16)entry->ports != 0;
}

/* The jiffies after which a belief has ended in any case. No branch: see owner_cache.bpf.h. */
static __always_inline __u32 longest_age(__u64 belief)
{
	return flow_jiffies * ((belief / WHILE_ESTABLISHED | belief >> 63) & 1);
}

static __always_inline int is_unchanged(__u32 belief)
{
	__u32 now = belief_in_bucket(belief >> BUCKET_SHIFT & (CGT_TCP_CHANGE_BUCKETS - 1));

	return !((belief ^ now) & ~(1U << RENEWABLE_BIT));
}

/* Addresses of the kernel are in the upper half. */
static __always_inline int is_address(__u64 belief)
{
	return (__s64)belief < 0;
}

/*
 * Asked once in a jiffy. What anybody sends may have come by way of a device above, or by IPsec:
 * such packets must not meet the owner cache.
 */
static __noinline int looks_unchanged(struct __sk_buff *skb, struct cpu_memory *here,
				      const struct owner_entry *entry)
{
	return still_takes(entry) &&
	       (is_of_one_sender(entry) || receives_from_wire_alone(skb, here));
}

/* `now` is in jiffies. */
static __always_inline int is_believed(struct __sk_buff *skb, struct cpu_memory *here,
				       struct owner_entry *entry, __u32 now)
{
	__u64 belief = entry->belief;
	__u32 age = now - entry->jiffy;

	if (belief == FOR_THIS_JIFFY)
		return !age;
	if (age > flow_jiffies)
		return 0;
	if (sockets_can_be_remembered && belief == WHILE_THE_ADDRESS_IS_OURS)
		return 1;
	if (!sockets_can_be_remembered || !is_address(belief))
		return is_unchanged(belief);
	if (entry->seen == (__u16)now)
		return is_bound(entry);
	if (!looks_unchanged(skb, here, entry))
		return 0;
	entry->seen = now;
	return 1;
}

/*
 * Tells whether a look at the address is enough to believe it for another second. Not after a
 * longer pause: half of a count may come round to the same value.
 */
static __always_inline int is_renewable(__u64 belief, __u32 age)
{
	return !is_address(belief) && belief & 1U << RENEWABLE_BIT && age <= 2 * flow_jiffies &&
	       is_unchanged(belief);
}
