/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Wire bytes and packets of an skb: a GSO or GRO super-packet is several frames, each with all
 * headers; a VLAN tag in metadata is 4 bytes of each frame. Neither skb->wire_len nor gso_segs
 * gives this in both directions (wire_len lacks the headers at ingress up to 6.18; gso_segs is 0
 * for frames from tap up to 6.18).
 */
#pragma once

#define VLAN_TAG_LEN 4
#define GSO_BY_FRAGS 0xffff

/* enum of include/linux/skbuff.h, unchanged from 5.10 to 7.2 */
#define SKB_GSO_TCPV4 (1 << 0)
#define SKB_GSO_TCPV6 (1 << 4)
#define SKB_GSO_UDP   (1 << 16) /* IP fragments of one datagram, from a guest's UFO */

struct wire {
	__u64 bytes;
	__u64 packets;
};

/*
 * The kernel's skb: the context pointer is the sk_buff pointer, once the verifier takes it for a
 * number.
 */
static __always_inline struct sk_buff *kernel_skb(struct __sk_buff *ctx)
{
	struct sk_buff *skb = NULL;
	struct __sk_buff *volatile spilled = ctx;

	bpf_probe_read_kernel(&skb, sizeof(skb), (void *)&spilled);
	return skb;
}

/*
 * The length of the headers that each segment repeats, if that is not the parsed length: in a
 * tunnel they reach to the end of the inner L4 header; UFO repeats no L4 header; SCTP repeats its
 * common header of 12 bytes.
 */
static __noinline __u32 unusual_headers_len(struct __sk_buff *ctx, struct packet *p)
{
	struct sk_buff *skb = kernel_skb(ctx);
	__u32 headers_len = p->headers_len;
	/* skb->end is an offset on 64-bit kernels. */
	struct skb_shared_info *shared =
		(void *)(BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, end));
	__u32 gso_type = BPF_CORE_READ(shared, gso_type);

	if (BPF_CORE_READ_BITFIELD_PROBED(skb, encapsulation)) {
		unsigned char *inner_l4 =
			BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, inner_transport_header);
		__u32 offset = inner_l4 - BPF_CORE_READ(skb, data);
		__u8 data_offset = 0;

		if (offset > headers_len && offset < 0x1000) {
			if (!(gso_type & (SKB_GSO_TCPV4 | SKB_GSO_TCPV6)))
				return offset + sizeof(struct udphdr);
			bpf_probe_read_kernel(&data_offset, 1, inner_l4 + 12);
			return offset + (data_offset >> 4) * 4;
		}
	}
	if (gso_type & SKB_GSO_UDP) {
		if (p->version == 6)
			p->per_segment = 8; /* the fragment header */
		return p->l4_offset;
	}
	if (p->protocol == IPPROTO_SCTP)
		return p->l4_offset + 12;
	return headers_len;
}

/* Of a super-packet with `headers_len` bytes of headers. */
static __always_inline struct wire wire_of_segments(__u32 len, __u32 gso_size, __u32 headers_len)
{
	__u32 payload = len > headers_len ? len - headers_len : 1;
	__u64 packets = (payload + gso_size - 1) / gso_size;

	return (struct wire){.bytes = len + (packets - 1) * headers_len, .packets = packets};
}

/* A wire as one number: packets in the high half. */
static __always_inline __u64 packed(struct wire wire)
{
	return (__u32)wire.bytes | wire.packets << 32;
}

/* What is not plain TCP: in a tunnel, fragmented, with extension headers, or another protocol. */
VERIFIED_ONCE __u64 unusual_super_packet_wire(struct __sk_buff *skb)
{
	__u32 gso_size = skb->gso_size;
	struct packet p = {};
	__u32 headers_len;
	struct wire wire;

	parse(skb, &p);
	/* TCP is never the outer protocol of a tunnel; the others may be. */
	headers_len = p.protocol == IPPROTO_TCP ? p.headers_len : unusual_headers_len(skb, &p);
	wire = wire_of_segments(skb->len, gso_size, headers_len);
	if (gso_size == GSO_BY_FRAGS && skb->gso_segs) {
		wire.packets = skb->gso_segs;
		wire.bytes = skb->len + (wire.packets - 1) * headers_len;
	}
	wire.bytes += wire.packets * (__s64)p.per_segment;
	return packed(wire);
}

/*
 * Of a super-packet of TCP in a plain frame; 0 for all others. At egress it is asked in line: a
 * call takes 13 ns in place, where its code is not in the CPU's caches.
 */
static __always_inline __u32 tcp_headers_len_of(struct __sk_buff *skb)
{
	struct packet p; /* not zeroed: only fields that were written are read */

	if (!skb->gso_size || !parse_plain(skb, &p) || p.protocol != IPPROTO_TCP)
		return 0;
	return p.headers_len;
}

/* Of a super-packet whose headers nobody has looked at yet. */
VERIFIED_ONCE __u64 super_packet_wire(struct __sk_buff *skb)
{
	__u32 headers_len = tcp_headers_len_of(skb);

	if (!headers_len)
		return unusual_super_packet_wire(skb);
	return packed(wire_of_segments(skb->len, skb->gso_size, headers_len));
}

/* `tcp_headers_len` is 0 if the packet is not known to be plain TCP. */
static __always_inline struct wire wire_of(struct __sk_buff *skb, __u32 tcp_headers_len)
{
	struct wire wire = {.bytes = skb->len, .packets = 1};
	__u32 gso_size = skb->gso_size;

	if (gso_size && tcp_headers_len) {
		wire = wire_of_segments(skb->len, gso_size, tcp_headers_len);
	} else if (gso_size) {
		__u64 both = super_packet_wire(skb);

		wire.bytes = (__u32)both;
		wire.packets = both >> 32;
	}
	if (skb->vlan_present)
		wire.bytes += VLAN_TAG_LEN * wire.packets;
	return wire;
}

/* Without FCS. Shorter frames are padded; drivers pass the padding up, and only the IP header shows
 * it. */
#define SHORTEST_ETHERNET_FRAME 60

VERIFIED_ONCE int padding_of(struct __sk_buff *skb)
{
	struct packet p = {};
	__be16 ethertype = parse_l2(skb, &p);
	__u32 length_at, header_len, end = p.l3_offset;
	__be16 length;

	if (ethertype == bpf_htons(ETH_P_IP)) {
		length_at = end + offsetof(struct iphdr, tot_len);
		header_len = sizeof(struct iphdr);
	} else if (ethertype == bpf_htons(ETH_P_IPV6)) {
		length_at = end + offsetof(struct ipv6hdr, payload_len);
		header_len = sizeof(struct ipv6hdr);
		end += header_len;
	} else {
		return 0;
	}
	if (skb->len < p.l3_offset + header_len ||
	    bpf_skb_load_bytes(skb, length_at, &length, sizeof(length)))
		return 0;
	end += bpf_ntohs(length);
	return end < skb->len ? skb->len - end : 0;
}
