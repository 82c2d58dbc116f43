/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * TCP's flags: how many segments carry no data, and SYN and RST in each direction. A segment
 * without data is short, so longer packets cost one comparison. Of what is encapsulated only the
 * outer headers are looked at.
 */
#pragma once

#define TCP_FLAG_BYTE_RST 0x04

/* Ethernet, IPv4 or IPv6 and TCP with all options. Rare extension headers make it longer. */
#define LONGEST_WITHOUT_DATA 134

/* What the headers of a short packet tell. */
struct tcp_header {
	__u32 flags;
	__u32 headers_len; /* 0: not TCP */
};

/* Frames that parse_plain() does not know; `flags` in the low byte, then headers_len. */
VERIFIED_ONCE int find_tcp_header(struct __sk_buff *skb)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct cpu_memory *here = bpf_map_lookup_elem(&cgt_cpus, &cpu);
	struct packet on_stack, *p;

	if (!here)
		return 0;
	p = parse_anew(skb, here, &on_stack);
	if (!p->has_ports || p->protocol != IPPROTO_TCP)
		return 0;
	return p->headers_len << 8 | p->tcp_flags;
}

static __always_inline struct tcp_header tcp_header_of(struct __sk_buff *skb)
{
	struct packet p; /* not zeroed: only fields that were written are read */
	__u32 found;

	if (parse_plain(skb, &p)) {
		if (p.protocol != IPPROTO_TCP)
			return (struct tcp_header){};
		return (struct tcp_header){.flags = p.tcp_flags, .headers_len = p.headers_len};
	}
	found = find_tcp_header(skb);
	return (struct tcp_header){.flags = found & 0xff, .headers_len = found >> 8};
}

/* Atomic: SYN and RST are rare enough that PREEMPT_RT needs no code of its own. */
static __noinline int count_flags(__u32 index, enum direction direction, __u32 flags)
{
	struct cgt_handshakes *counts = bpf_map_lookup_elem(&cgt_handshakes, &index);

	if (!counts)
		return 0;
	if (flags & TCP_FLAG_BYTE_RST)
		__sync_fetch_and_add(direction == RX ? &counts->rx_rst : &counts->tx_rst, 1);
	else if ((flags & (TCP_FLAG_BYTE_SYN | TCP_FLAG_BYTE_ACK)) == TCP_FLAG_BYTE_SYN)
		__sync_fetch_and_add(direction == RX ? &counts->rx_syn : &counts->tx_syn, 1);
	return 1;
}

static __always_inline void count_without_data(struct cgt_cell *cell, enum direction direction)
{
	__u64 *count = direction == RX ? &cell->rx_no_payload : &cell->tx_no_payload;

	if (preempt_rt)
		__sync_fetch_and_add(count, 1);
	else
		*count += 1;
}

static __always_inline int may_be_without_data(struct __sk_buff *skb, const struct packet *p)
{
	return p->protocol == IPPROTO_TCP &&
	       (skb->len <= LONGEST_WITHOUT_DATA || p->tcp_flags & TCP_FLAG_BYTE_SYN);
}

/* For a packet whose headers were parsed; `index` is that of its cell. */
static __noinline int count_tcp_received(struct __sk_buff *skb, const struct packet *p,
					 struct cgt_cell *cell, __u32 index)
{
	__u32 len = skb->len;

	if (len <= SHORTEST_ETHERNET_FRAME)
		len -= padding_of(skb);
	if (len == p->headers_len)
		count_without_data(cell, RX);
	if (p->tcp_flags & (TCP_FLAG_BYTE_SYN | TCP_FLAG_BYTE_RST))
		count_flags(index, RX, p->tcp_flags);
	return 1;
}
