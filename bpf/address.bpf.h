/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tells whether a packet ends in this netns. Asked before each socket lookup: if a socket listens
 * on the wildcard, a lookup answers for any destination address, and on a router a local listener
 * would get the bytes of forwarded packets (13 of 13 packets in our trial).
 */
#pragma once

#define IPV4_MULTICAST	    0xe0000000
#define IPV4_MULTICAST_MASK 0xf0000000
#define IPV4_BROADCAST	    0xffffffff
#define IPV4_LOOPBACK_NET   127

/* The destination of a tuple; an IPv4 address as an IPv4-mapped IPv6 address. */
static __always_inline struct cgt_address destination_of(const struct bpf_sock_tuple *tuple,
							 __u8 version)
{
	struct cgt_address to = {.netns = netns_key};

	if (version == 4) {
		to.address[2] = bpf_htonl(0xffff);
		to.address[3] = tuple->ipv4.daddr;
	} else {
		to.address[0] = tuple->ipv6.daddr[0];
		to.address[1] = tuple->ipv6.daddr[1];
		to.address[2] = tuple->ipv6.daddr[2];
		to.address[3] = tuple->ipv6.daddr[3];
	}
	return to;
}

static __noinline int is_in_address_set(const struct cgt_address *to, __u32 version)
{
	__u32 host = bpf_ntohl(to->address[3]);

	if (bpf_map_lookup_elem(&cgt_addresses, to))
		return 1;
	if (version == 6)
		return *(__u8 *)to->address == 0xff;
	return (host & IPV4_MULTICAST_MASK) == IPV4_MULTICAST || host == IPV4_BROADCAST ||
	       host >> 24 == IPV4_LOOPBACK_NET;
}

/* Without branches: the verifier would follow each of them through all code that comes after. */
static __always_inline int is_same_address(const struct cgt_address *a, const struct cgt_address *b)
{
	return !((a->netns ^ b->netns) | (a->address[0] ^ b->address[0]) |
		 (a->address[1] ^ b->address[1]) | (a->address[2] ^ b->address[2]) |
		 (a->address[3] ^ b->address[3]));
}

/*
 * Looks an address up once in a jiffy: a hash lookup of 20 bytes costs half a socket lookup. The
 * result is read back from the cache entry, so that the verifier does not follow both values
 * separately.
 */
static __noinline int is_ours(struct cpu_memory *here, const struct bpf_sock_tuple *tuple,
			      __u32 version)
{
	struct cgt_address to = destination_of(tuple, version);
	__u64 now = bpf_jiffies64();
	struct address_entry *entry;

	if (preempt_rt)
		return is_in_address_set(&to, version);
	entry = &here->addresses[address_hash(to.address) & (CGT_ADDRESS_CACHE_SIZE - 1)];
	if (entry->jiffy != now || !is_same_address(&entry->to, &to)) {
		entry->jiffy = now;
		entry->to = to;
		entry->ours = is_in_address_set(&to, version);
	}
	return entry->ours;
}
