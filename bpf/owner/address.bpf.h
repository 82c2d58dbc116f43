/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tells whether a packet ends in this netns. Asked because a socket lookup does not: if a socket
 * listens on the wildcard, a lookup answers for any destination address, and on a router a local
 * listener would get the bytes of forwarded packets (13 of 13 packets in our trial). The set that
 * userspace keeps answers first; routing answers for what is not in it, so that an address that
 * comes while no process runs is known, too.
 */
#pragma once

#define IPV4_MULTICAST	    0xe0000000
#define IPV4_MULTICAST_MASK 0xf0000000
#define IPV4_BROADCAST	    0xffffffff
#define IPV4_LOOPBACK_NET   127

#define FOREIGN_JIFFIES 32

enum whose {
	ADDRESS_FOREIGN, /* routing forwards it */
	ADDRESS_OURS,
	/*
	 * Not in the set, and this device does not forward: a packet to this address ends here or
	 * is dropped.
	 */
	ADDRESS_UNCLEAR,
};

/* address_hash() of an IPv4-mapped IPv6 address. */
static __always_inline __u32 ipv4_hash(__be32 address)
{
	return (((__u64)bpf_htonl(0xffff) << 32 | address) * GOLDEN_RATIO_64) >> 32;
}

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

static __always_inline int is_multicast(const struct cgt_address *to, __u32 version)
{
	return version == 6 ? *(__u8 *)to->address == 0xff
			    : (bpf_ntohl(to->address[3]) & IPV4_MULTICAST_MASK) == IPV4_MULTICAST;
}

static __always_inline int is_in_address_set(const struct cgt_address *to, __u32 version)
{
	__u32 host = bpf_ntohl(to->address[3]);

	if (bpf_map_lookup_elem(&cgt_addresses, to) || is_multicast(to, version))
		return 1;
	return version == 4 && (host == IPV4_BROADCAST || host >> 24 == IPV4_LOOPBACK_NET);
}

/*
 * Tells whether a frame ends here if its MAC is the device's, and does not if its MAC is another.
 * Not so on a port of a bridge, macvlan, ipvlan or bond (a device with an rx_handler), nor if a
 * VLAN device takes the frame: the IP address must decide there.
 */
static __always_inline int mac_decides(struct __sk_buff *skb)
{
	return !skb->vlan_present && !BPF_CORE_READ(kernel_skb(skb), dev, rx_handler);
}

/*
 * Asks the routing tables whether they deliver the packet's destination here; this knows prefixes
 * of local routes (AnyIP) as well. bpf_fib_lookup does not answer for a device that does not
 * forward, and does not tell a local address from one without any route.
 */
static __noinline enum whose ask_routing(struct __sk_buff *skb, const struct bpf_sock_tuple *tuple,
					 __u32 version, struct bpf_fib_lookup *route)
{
	long result;

	*route = (struct bpf_fib_lookup){.ifindex = skb->ifindex};
	if (version == 4) {
		route->family = 2; /* AF_INET */
		route->ipv4_src = tuple->ipv4.saddr;
		route->ipv4_dst = tuple->ipv4.daddr;
	} else {
		route->family = 10; /* AF_INET6 */
		__builtin_memcpy(route->ipv6_src, tuple->ipv6.saddr, sizeof(route->ipv6_src));
		__builtin_memcpy(route->ipv6_dst, tuple->ipv6.daddr, sizeof(route->ipv6_dst));
	}
	result = bpf_fib_lookup(skb, route, sizeof(*route), 0);
	if (result == BPF_FIB_LKUP_RET_NOT_FWDED)
		return ADDRESS_OURS;
	if (result == BPF_FIB_LKUP_RET_FWD_DISABLED && mac_decides(skb))
		return ADDRESS_UNCLEAR;
	return ADDRESS_FOREIGN;
}

/*
 * Tells whether `to` is the destination of a tuple; see destination_of(). Without a branch for each
 * word: the verifier would follow each of them through all code that comes after.
 */
static __always_inline int is_destination(const struct cgt_address *to,
					  const struct bpf_sock_tuple *tuple, __u32 version)
{
	if (version == 4)
		return !((to->netns ^ netns_key) | to->address[0] | to->address[1] |
			 (to->address[2] ^ bpf_htonl(0xffff)) |
			 (to->address[3] ^ tuple->ipv4.daddr));
	return !((to->netns ^ netns_key) | (to->address[0] ^ tuple->ipv6.daddr[0]) |
		 (to->address[1] ^ tuple->ipv6.daddr[1]) | (to->address[2] ^ tuple->ipv6.daddr[2]) |
		 (to->address[3] ^ tuple->ipv6.daddr[3]));
}

/* What lies behind an address, if a process keeps the endpoints of its netns right. */
static __always_inline struct cgt_endpoint *kept_endpoint(const struct cgt_address *to)
{
	struct cgt_address of_netns = {.netns = to->netns | CGT_ENDPOINTS_KEPT};
	struct cgt_endpoint *endpoint = bpf_map_lookup_elem(&cgt_endpoints, to);
	struct cgt_endpoint *kept;

	if (!endpoint)
		return NULL;
	kept = bpf_map_lookup_elem(&cgt_endpoints, &of_netns);
	if (!kept)
		return NULL;
	return (__s64)(bpf_ktime_get_boot_ns() - kept->cgroup_id) < CGT_ENDPOINTS_VALID_NS
		       ? endpoint
		       : NULL;
}

/* Notes what lies behind an address that is not ours; routing need not be asked about it. */
static __always_inline int find_endpoint(struct address_entry *entry, const struct cgt_address *to)
{
	const struct cgt_endpoint *endpoint = kept_endpoint(to);

	if (!endpoint)
		return 0;
	entry->endpoint = *endpoint;
	entry->is_endpoint = 1;
	return 1;
}

/*
 * Looks an address up once in a jiffy: a hash lookup of 20 bytes costs half a socket lookup. With
 * PREEMPT_RT nothing is cached and routing is not asked: its question would be on the stack, of
 * which 5.10 has too little for it. The result is read back from the cache entry, so that the
 * verifier does not follow the values separately.
 */
static __noinline enum whose whose_address(struct __sk_buff *skb, struct cpu_memory *here,
					   const struct bpf_sock_tuple *tuple, __u32 version)
{
	struct cgt_address to = destination_of(tuple, version);
	__u64 now = bpf_jiffies64();
	struct address_entry *entry;

	if (preempt_rt)
		return unlearned(is_in_address_set(&to, version));
	here->asked = address_hash(to.address) & (CGT_ADDRESS_CACHE_SIZE - 1);
	entry = &here->addresses[here->asked & (CGT_ADDRESS_CACHE_SIZE - 1)];
	if (!is_destination(&entry->to, tuple, version)) {
		entry->to = to;
		entry->jiffy = 0;
		entry->routed_at = 0;
	}
	if (entry->jiffy != now) {
		entry->jiffy = now;
		entry->is_endpoint = 0;
		if (is_in_address_set(&to, version)) {
			entry->whose = ADDRESS_OURS;
			entry->routed_at = 0;
		} else if (find_endpoint(entry, &to)) {
			entry->whose = ADDRESS_FOREIGN;
		} else if (!entry->routed_at || now - entry->routed_at >= FOREIGN_JIFFIES) {
			entry->whose = ask_routing(skb, tuple, version, &here->route);
			entry->routed_at = entry->whose == ADDRESS_FOREIGN ? now : 0;
		}
	}
	return entry->whose;
}

/*
 * The same, without a call if it was asked in this jiffy: the call costs more than the answer. The
 * address stays in the tuple, because the stack has no room for it here.
 */
static __always_inline enum whose whose_address_at_once(struct __sk_buff *skb,
							struct cpu_memory *here,
							const struct bpf_sock_tuple *tuple,
							__u32 version)
{
	__u32 way = version == 4 ? ipv4_hash(tuple->ipv4.daddr) : address_hash(tuple->ipv6.daddr);
	struct address_entry *entry;

	if (preempt_rt)
		return whose_address(skb, here, tuple, version);
	entry = &here->addresses[way & (CGT_ADDRESS_CACHE_SIZE - 1)];
	if (entry->jiffy != bpf_jiffies64() || !is_destination(&entry->to, tuple, version))
		return whose_address(skb, here, tuple, version);
	here->asked = way & (CGT_ADDRESS_CACHE_SIZE - 1);
	return entry->whose;
}
