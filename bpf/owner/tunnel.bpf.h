/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The pod that an encapsulated packet is for: an overlay network's node takes the outer packet by a
 * socket of the kernel, and what it carries has the pod's address. Knows VXLAN, Geneve, GRE and IP
 * in IP. Not cached: many inner flows share an outer one.
 */
#pragma once

#define GRE_CHECKSUM 0x8000
#define GRE_KEY	     0x2000
#define GRE_SEQUENCE 0x1000
#define VXLAN_HAS_ID 0x08

/* Skips an Ethernet header; returns the offset after it. */
static __always_inline __u32 skip_ethernet(struct __sk_buff *skb, __u32 offset, __be16 *ethertype)
{
	bpf_skb_load_bytes(skb, offset + offsetof(struct ethhdr, h_proto), ethertype,
			   sizeof(*ethertype));
	return offset + sizeof(struct ethhdr);
}

/* VXLAN or Geneve at `offset`: the kernel's socket does not tell which, but the header does. */
static __always_inline __u32 skip_udp_tunnel(struct __sk_buff *skb, __u32 offset, __be16 *ethertype)
{
	struct {
		__u8 first, flags;
		__be16 protocol;
		__u32 id;
	} header = {};

	if (bpf_skb_load_bytes(skb, offset, &header, sizeof(header)))
		return 0;
	offset += sizeof(header);
	if (header.protocol == bpf_htons(ETH_P_TEB) && !(header.first >> 6))
		offset += (header.first & 0x3f) * 4; /* Geneve's options */
	else if (!(header.first & VXLAN_HAS_ID))
		return 0;
	return skip_ethernet(skb, offset, ethertype);
}

static __always_inline __u32 skip_gre(struct __sk_buff *skb, __u32 offset, __be16 *ethertype)
{
	struct {
		__be16 flags, protocol;
	} header = {};
	__u32 flags;

	if (bpf_skb_load_bytes(skb, offset, &header, sizeof(header)))
		return 0;
	flags = bpf_ntohs(header.flags);
	offset += sizeof(header) + (flags & GRE_CHECKSUM ? 4 : 0) + (flags & GRE_KEY ? 4 : 0) +
		  (flags & GRE_SEQUENCE ? 4 : 0);
	*ethertype = header.protocol;
	return header.protocol == bpf_htons(ETH_P_TEB) ? skip_ethernet(skb, offset, ethertype)
						       : offset;
}

/* The offset of the inner IP header, 0 if it is not known; sets its ethertype. */
static __always_inline __u32 skip_tunnel(struct __sk_buff *skb, __u32 protocol, __u32 offset,
					 __be16 *ethertype)
{
	if (protocol == IPPROTO_UDP)
		return skip_udp_tunnel(skb, offset + sizeof(struct udphdr), ethertype);
	if (protocol == IPPROTO_GRE)
		return skip_gre(skb, offset, ethertype);
	*ethertype = protocol == IPPROTO_IPIP	? bpf_htons(ETH_P_IP)
		     : protocol == IPPROTO_IPV6 ? bpf_htons(ETH_P_IPV6)
						: 0;
	return offset;
}

/* Parses what is inside into the CPU's memory; returns its IP version, 0 if it is not known. */
VERIFIED_ONCE int parse_inner(struct __sk_buff *skb, __u32 protocol, __u32 l4_offset)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct cpu_memory *here = bpf_map_lookup_elem(&cgt_cpus, &cpu);
	__be16 ethertype = 0;
	struct packet *inner;
	__u32 offset;

	if (!here)
		return 0;
	inner = &here->inner;
	*inner = (struct packet){};
	offset = skip_tunnel(skb, protocol, l4_offset, &ethertype);
	if (!offset)
		return 0;
	inner->l3_offset = offset;
	if (ethertype == bpf_htons(ETH_P_IP))
		parse_ipv4(skb, inner);
	else if (ethertype == bpf_htons(ETH_P_IPV6))
		parse_ipv6(skb, inner);
	if (inner->version)
		inner->has_ports = parse_l4(skb, inner);
	return inner->version;
}

/*
 * Sets the owner and returns 1 if what `p` carries is for a pod of this host. With PREEMPT_RT there
 * is no place for a second packet.
 */
static __noinline int find_owner_in_tunnel(struct __sk_buff *skb, const struct packet *p,
					   struct owner *owner, struct cpu_memory *here)
{
	struct packet *inner = &here->inner;
	struct owner found = {};

	if (preempt_rt || !parse_inner(skb, p->protocol, p->l4_offset))
		return 0;
	if (whose_address(skb, here, &inner->tuple, inner->version) != ADDRESS_FOREIGN ||
	    owner_behind(skb, inner, &inner->tuple, &found, here) != CGT_CGROUP)
		return 0;
	*owner = (struct owner){.cgroup_id = found.cgroup_id};
	return 1;
}
