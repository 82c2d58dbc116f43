/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Hashes for the caches of a CPU. Multiplicative, because they are on the fast path: good
 * enough for ordinary traffic. Tuples that are made to collide cost socket lookups, but are counted
 * right.
 */
#pragma once

#define GOLDEN_RATIO_64 0x9e3779b97f4a7c15ull
#define SILVER_RATIO_64 0xd1342543de82ef95ull

/* A flow, or all flows to its destination: those have 0 as the sender's address and port. */
enum senders { THIS_SENDER, ANY_SENDER };

static __always_inline __u32 ports_of(const struct packet *p, enum senders from)
{
	__u32 ports = p->words[p->version == 4 ? PORT_WORD_IPV4 : PORT_WORD_IPV6];

	return from == ANY_SENDER ? ports & bpf_htonl(0xffff) : ports;
}

/* Word `i` of the addresses, as in struct packet. */
static __always_inline __u64 addresses_of(const struct packet *p, int i, enum senders from)
{
	if (from == THIS_SENDER || i > 1)
		return p->addresses[i];
	return p->version == 4 && i == 0 ? p->addresses[0] >> 32 << 32 : 0;
}

/*
 * The products do not depend on each other; their high halves are the well-mixed bits. `place` is
 * the key of the interface or netns: the same tuple elsewhere is another flow.
 */
static __always_inline __u32 flow_hash(const struct packet *p, __u32 place, enum senders from)
{
	__u64 a = addresses_of(p, 0, from) * GOLDEN_RATIO_64;
	__u64 b = ((__u64)ports_of(p, from) << 8 ^ p->protocol) * SILVER_RATIO_64;

	if (p->version == 6) {
		a ^= addresses_of(p, 1, from) * SILVER_RATIO_64;
		b ^= p->addresses[2] * GOLDEN_RATIO_64;
		a += p->addresses[3] * SILVER_RATIO_64;
	}
	return ((a ^ b) >> 32) ^ place;
}

static __always_inline __u32 address_hash(const __u32 *address)
{
	__u64 high = (__u64)address[0] << 32 | address[1];
	__u64 low = (__u64)address[2] << 32 | address[3];

	return ((low ^ high * SILVER_RATIO_64) * GOLDEN_RATIO_64) >> 32;
}

/* 1 if `value` is not 0, without a branch. */
static __always_inline __u64 is_nonzero(__u64 value)
{
	__u64 negative = -value;

	barrier_var(negative); /* else clang sees what is meant, and branches */
	return (value | negative) >> 63;
}
