/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Parses headers into a tuple. Two parsers with the same result: one for plain frames (Ethernet,
 * IPv4 without options or IPv6 without extension headers, not a fragment, headers in the linear
 * part), by direct loads in a few nanoseconds; one for all others (VLAN tags in the data, options,
 * extension headers, fragments, headers in page fragments), by bpf_skb_load_bytes out of line. If
 * headers cannot be read, `version` or `has_ports` stays 0.
 */
#pragma once

#define MAX_VLAN_TAGS	      4
#define MAX_EXTENSION_HEADERS 8

#define IP_OFFSET_MASK		  0x1fff
#define IP_MORE_FRAGMENTS	  0x2000
#define IPV4_WITHOUT_OPTIONS	  0x45
#define IPV6_FRAGMENT_OFFSET_MASK 0xfff8
#define IPV6_TLV_JUMBO		  194
#define TCP_FLAG_BYTE_SYN	  0x02
#define TCP_FLAG_BYTE_ACK	  0x10

/* Why a packet may have come too late for its owner. */
enum unserved {
	SERVED,
	UNSERVED,      /* no socket of the pod takes it */
	BY_OLD_SOCKET, /* the socket that takes it is closing, maybe after its process ended */
};

struct packet {
	/*
	 * struct bpf_sock_tuple as on the wire (the source is the sender), and as words for
	 * hashing.
	 */
	union {
		struct bpf_sock_tuple tuple;
		__u32 words[9];
		__u64 addresses[4]; /* IPv4: source and destination in the first */
	};
	__u32 l3_offset;
	__u32 l4_offset;
	__u32 headers_len; /* up to the end of the L4 header; of L3 where L4 is not TCP or UDP */
	/* Bytes that each segment has besides these headers; may be negative. */
	__s32 per_segment;
	__u8 version; /* 4, 6, or 0: not IP */
	__u8 protocol;
	__u8 has_ports; /* TCP or UDP, header present */
	__u8 later_fragment;
	__u8 tcp_flags;
	__u8 whose;			  /* enum whose: of the destination, once asked */
	__u8 unserved;			  /* enum unserved */
	struct bpf_sock_tuple translated; /* the tuple as its receiver sees it, where NAT says so */
	__u32 hash;			  /* of the flow: its places in the owner cache */
	__u64 socket;			  /* of the UDP socket that alone takes it: its address */
};

#define PORT_WORD_IPV4 2
#define PORT_WORD_IPV6 8

static __always_inline __u32 *port_word(struct packet *p)
{
	return &p->words[p->version == 4 ? PORT_WORD_IPV4 : PORT_WORD_IPV6];
}

/*
 * Sets the ports and headers_len; returns 0 if there is no complete TCP or UDP header. The ports
 * are the first four bytes of both. (Functions out of line return a value that their callers use:
 * clang makes the others void, and the verifier may then find a stack pointer in the unused return
 * register.)
 */
static __noinline int parse_l4(struct __sk_buff *skb, struct packet *p)
{
	struct {
		__u8 data_offset, flags;
	} tcp;

	p->headers_len = p->l4_offset;
	if (p->later_fragment || (p->protocol != IPPROTO_TCP && p->protocol != IPPROTO_UDP))
		return 0;
	if (bpf_skb_load_bytes(skb, p->l4_offset, port_word(p), sizeof(__u32)))
		return 0;
	if (p->protocol == IPPROTO_TCP) {
		if (bpf_skb_load_bytes(skb, p->l4_offset + 12, &tcp, sizeof(tcp)))
			return 0;
		p->tcp_flags = tcp.flags;
		p->headers_len += (tcp.data_offset >> 4) * 4;
	} else {
		p->headers_len += sizeof(struct udphdr);
	}
	return 1;
}

static __always_inline void parse_ipv4(struct __sk_buff *skb, struct packet *p)
{
	struct iphdr ip;

	if (bpf_skb_load_bytes(skb, p->l3_offset, &ip, sizeof(ip)))
		return;
	p->version = 4;
	p->protocol = ip.protocol;
	p->later_fragment = (ip.frag_off & bpf_htons(IP_OFFSET_MASK)) != 0;
	p->words[0] = ip.saddr;
	p->words[1] = ip.daddr;
	/*
	 * The low half of the first byte: a bitfield of the UAPI header would depend on byte order.

	 */
	p->l4_offset = p->l3_offset + (*(__u8 *)&ip & 0x0f) * 4;
}

/* Only what BIG TCP writes: a jumbo option first in a hop-by-hop header of 8 bytes. */
static __always_inline int is_jumbo_header(struct __sk_buff *skb, __u32 offset)
{
	struct {
		__u8 next, len, option, option_len;
	} hop;

	return !bpf_skb_load_bytes(skb, offset, &hop, sizeof(hop)) && hop.len == 0 &&
	       hop.option == IPV6_TLV_JUMBO;
}

static __always_inline int is_extension(__u8 protocol)
{
	return protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING ||
	       protocol == IPPROTO_FRAGMENT || protocol == IPPROTO_AH ||
	       protocol == IPPROTO_DSTOPTS || protocol == 135 /* Mobility */ ||
	       protocol == 139 /* HIP */ || protocol == 140 /* Shim6 */;
}

/* Skips IPv6 extension headers; returns the protocol after them. */
static __noinline int skip_extensions(struct __sk_buff *skb, struct packet *p)
{
	for (int i = 0; i < MAX_EXTENSION_HEADERS; i++) {
		struct {
			__u8 next, len;
			__be16 fragment;
		} ext;
		__u32 offset = p->l4_offset;

		if (!is_extension(p->protocol) || p->later_fragment)
			break;
		if (p->protocol == IPPROTO_HOPOPTS && skb->gso_size && is_jumbo_header(skb, offset))
			p->per_segment = -8; /* no segment carries BIG TCP's hop-by-hop header */
		if (bpf_skb_load_bytes(skb, offset, &ext, sizeof(ext))) {
			return IPPROTO_NONE;
		}
		if (p->protocol == IPPROTO_FRAGMENT) {
			p->later_fragment =
				(ext.fragment & bpf_htons(IPV6_FRAGMENT_OFFSET_MASK)) != 0;
			p->l4_offset = offset + 8;
		} else if (p->protocol == IPPROTO_AH) {
			p->l4_offset = offset + (ext.len + 2) * 4; /* RFC 4302: words of 4 bytes */
		} else {
			p->l4_offset = offset + (ext.len + 1) * 8;
		}
		p->protocol = ext.next;
	}
	return p->protocol;
}

static __always_inline void parse_ipv6(struct __sk_buff *skb, struct packet *p)
{
	struct ipv6hdr ip;

	if (bpf_skb_load_bytes(skb, p->l3_offset, &ip, sizeof(ip)))
		return;
	p->version = 6;
	p->protocol = ip.nexthdr;
	__builtin_memcpy(&p->words[0], &ip.saddr, 16);
	__builtin_memcpy(&p->words[4], &ip.daddr, 16);
	p->l4_offset = p->l3_offset + sizeof(ip);
	p->protocol = skip_extensions(skb, p);
}

/* The ethertype after all tags in the data, or 0; sets l3_offset. */
static __always_inline __be16 parse_l2(struct __sk_buff *skb, struct packet *p)
{
	__be16 ethertype = skb->protocol;

	if (!l2_has_ethernet)
		return ethertype;
	p->l3_offset = sizeof(struct ethhdr);
	if (bpf_skb_load_bytes(skb, offsetof(struct ethhdr, h_proto), &ethertype,
			       sizeof(ethertype)))
		return 0;
	for (int i = 0; i < MAX_VLAN_TAGS; i++) {
		if (ethertype != bpf_htons(ETH_P_8021Q) && ethertype != bpf_htons(ETH_P_8021AD))
			break;
		/* A tag is two bytes of its own and the next ethertype. */
		if (bpf_skb_load_bytes(skb, p->l3_offset + 2, &ethertype, sizeof(ethertype)))
			return 0;
		p->l3_offset += 4;
	}
	return ethertype;
}

/* Returns the IP version. */
static __noinline int parse_any(struct __sk_buff *skb, struct packet *p)
{
	__be16 ethertype = parse_l2(skb, p);

	if (ethertype == bpf_htons(ETH_P_IP))
		parse_ipv4(skb, p);
	else if (ethertype == bpf_htons(ETH_P_IPV6))
		parse_ipv6(skb, p);
	p->headers_len = p->l3_offset;
	if (p->version)
		p->has_ports = parse_l4(skb, p);
	return p->version;
}

/*
 * One unaligned load: clang would split it, because of the alignment of the headers' types. The
 * verifier permits it on CPUs that do (x86-64, arm64). Not volatile: where nobody uses the value,
 * there is no load.
 */
static __always_inline __u64 load_u64(const void *at)
{
	__u64 value;

	asm("%0 = *(u64 *)(%1 + 0)" : "=r"(value) : "r"(at));
	return value;
}

static __always_inline __be16 load_be16(const void *at)
{
	__be16 value;

	asm("%0 = *(u16 *)(%1 + 0)" : "=r"(value) : "r"(at));
	return value;
}

/* l3_offset is set. 0 if the L4 header is not TCP or UDP, or is not in the linear part. */
static __always_inline int parse_plain_l4(struct packet *p, const void *l4, const void *end,
					  __u32 ip_len)
{
	const __u8 *tcp = l4;

	p->l4_offset = p->l3_offset + ip_len;
	if (p->protocol == IPPROTO_TCP && l4 + sizeof(struct tcphdr) <= end) {
		p->tcp_flags = tcp[13];
		p->headers_len = p->l4_offset + (tcp[12] >> 4) * 4;
	} else if (p->protocol == IPPROTO_UDP && l4 + sizeof(struct udphdr) <= end) {
		p->tcp_flags = 0;
		p->headers_len = p->l4_offset + sizeof(struct udphdr);
	} else {
		return 0;
	}
	/* One load and one store: two of 16 bits would stall the 32-bit load that hashes them. */
	*port_word(p) = *(__u32 *)l4;
	p->has_ports = 1;
	return 1;
}

static __always_inline int parse_plain_ipv4(struct packet *p, const struct iphdr *ip,
					    const void *end)
{
	if (*(__u8 *)ip != IPV4_WITHOUT_OPTIONS ||
	    (ip->frag_off & bpf_htons(IP_OFFSET_MASK | IP_MORE_FRAGMENTS)))
		return 0;
	p->version = 4;
	p->protocol = ip->protocol;
	p->addresses[0] = load_u64(&ip->saddr);
	return parse_plain_l4(p, ip + 1, end, sizeof(*ip));
}

static __always_inline void load_ipv6_addresses(struct packet *p, const struct ipv6hdr *ip)
{
	for (int i = 0; i < 4; i++)
		p->addresses[i] = load_u64((__u64 *)&ip->saddr + i);
}

static __always_inline int parse_plain_ipv6(struct packet *p, const struct ipv6hdr *ip,
					    const void *end)
{
	if ((void *)(ip + 1) > end)
		return 0;
	p->version = 6;
	p->protocol = ip->nexthdr;
	load_ipv6_addresses(p, ip);
	return parse_plain_l4(p, ip + 1, end, sizeof(*ip));
}

/*
 * The ethertype and the IP header of a frame whose linear part has room for an IPv4 header; 0 for
 * other frames. (The verifier drops a branch on l2_has_ethernet; it cannot drop a choice of two
 * offsets.)
 */
static __always_inline __be16 plain_ethertype(struct __sk_buff *skb, struct packet *p, void **ip,
					      void **end)
{
	void *data = (void *)(long)skb->data;

	*end = (void *)(long)skb->data_end;
	*ip = data;
	p->l3_offset = 0;
	if (!l2_has_ethernet) {
		barrier();
		return data + sizeof(struct iphdr) <= *end ? skb->protocol : 0;
	}
	*ip = data + sizeof(struct ethhdr);
	p->l3_offset = sizeof(struct ethhdr);
	if (*ip + sizeof(struct iphdr) > *end)
		return 0;
	return load_be16(data + offsetof(struct ethhdr, h_proto));
}

static __always_inline int parse_plain(struct __sk_buff *skb, struct packet *p)
{
	void *ip, *end;
	__be16 ethertype = plain_ethertype(skb, p, &ip, &end);

	if (ethertype == bpf_htons(ETH_P_IP))
		return parse_plain_ipv4(p, ip, end);
	if (ethertype == bpf_htons(ETH_P_IPV6))
		return parse_plain_ipv6(p, ip, end);
	return 0;
}

/* The caller has zeroed `p`. */
static __always_inline void parse(struct __sk_buff *skb, struct packet *p)
{
	if (!parse_plain(skb, p))
		p->version = parse_any(skb, p);
}
