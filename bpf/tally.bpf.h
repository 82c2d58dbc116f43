/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The accounting rule: which cell one packet is booked on, and how much. Both directions read as a
 * list of questions in the order in which they are cheap.
 */
#pragma once

static __always_inline struct cgt_cell *cell_of_owner(struct cpu_memory *here, __u32 cpu,
						      struct owner owner, __u64 *slot)
{
	if (owner.kind != CGT_CGROUP)
		return reason_cell(owner.kind, slot);
	return cgroup_cell(here, cpu, owner.cgroup_id, slot);
}

static __always_inline int look_up_slot(struct __sk_buff *skb, struct packet *p,
					struct cpu_memory *here, __u64 now)
{
	struct owner_entry *entry = owner_entry_of(here, p);
	int cacheable = 0;
	struct owner owner = receiver(skb, p, now, &cacheable);

	cell_of_owner(here, bpf_get_smp_processor_id(), owner, &p->slot);
	if (cacheable && !may_change_owner(p))
		remember(entry, p, now, owner.cgroup_id);
	else
		entry->jiffy = 0;
	return p->slot;
}

static __noinline int look_up_slot_in_place(struct __sk_buff *skb, struct packet *p,
					    struct cpu_memory *here, __u64 now)
{
	return look_up_slot(skb, p, here, now);
}

/* The packet lies in the CPU's memory, where none other comes in between but on PREEMPT_RT. */
VERIFIED_ONCE int look_up_slot_apart(struct __sk_buff *skb)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct cpu_memory *here = bpf_map_lookup_elem(&cgt_cpus, &cpu);

	if (!here)
		return reason_slot[CGT_OVERFLOW];
	return look_up_slot(skb, &here->doubtful, here, bpf_jiffies64());
}

/* What an owner is looked up by. */
static __always_inline void copy_flow(struct packet *to, const struct packet *from)
{
	for (int i = 0; i < 4; i++)
		to->addresses[i] = from->addresses[i];
	to->words[PORT_WORD_IPV6] = from->words[PORT_WORD_IPV6];
	to->version = from->version;
	to->protocol = from->protocol;
	to->tcp_flags = from->tcp_flags;
}

/* `now` in jiffies; TCP or UDP only. Sets the packet's slot, as all below. */
static __always_inline struct cgt_cell *receiving_cell(struct __sk_buff *skb, struct packet *p,
						       struct cpu_memory *here, __u32 cpu,
						       __u64 now)
{
	struct owner_entry *entry = owner_entry_of(here, p);
	struct cgt_cell *cell;

	if (entry->jiffy == now && entry_is_of(entry, p) && !may_change_owner(p)) {
		cell = cell_at(cpu, entry->slot);
		if (cell && cell_is_of(cell, entry->cgroup_id)) {
			p->slot = entry->slot;
			return cell;
		}
	}
	if (preempt_rt) {
		p->slot = (__u32)look_up_slot_in_place(skb, p, here, now);
	} else {
		copy_flow(&here->doubtful, p);
		p->slot = (__u32)look_up_slot_apart(skb);
	}
	return cell_at(cpu, p->slot);
}

/*
 * Whether a frame for another MAC is foreign for sure. Not on the port of a bridge, macvlan or bond
 * (whoever has an rx_handler), nor if a VLAN device takes it: they have MACs of their own, and the
 * address must decide.
 */
VERIFIED_ONCE int mac_decides(struct __sk_buff *skb)
{
	return !skb->vlan_present && !BPF_CORE_READ(kernel_skb(skb), dev, rx_handler);
}

/* `p` is parsed. */
static __always_inline struct cgt_cell *ingress_cell(struct __sk_buff *skb, struct packet *p,
						     struct cpu_memory *here, __u32 cpu, __u64 now)
{
	if (!p->version)
		return reason_cell(CGT_NOT_IP, &p->slot);
	if (skb->pkt_type == PACKET_OTHERHOST && mac_decides(skb))
		return reason_cell(CGT_FORWARDED, &p->slot);
	if (p->later_fragment)
		return reason_cell(CGT_FRAGMENT, &p->slot);
	if (p->has_ports)
		return receiving_cell(skb, p, here, cpu, now);
	return reason_cell(is_ours(&p->tuple, p->version, now) ? CGT_KERNEL : CGT_FORWARDED,
			   &p->slot);
}

static __always_inline void tally_ingress(struct __sk_buff *skb)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct cpu_memory *here = bpf_map_lookup_elem(&cgt_cpus, &cpu);
	struct packet p = {};
	__u64 now = bpf_jiffies64();
	struct cgt_cell *cell;
	struct wire wire;

	if (!here)
		return; /* cannot be: there is one for each possible CPU */
	parse(skb, &p);
	cell = ingress_cell(skb, &p, here, cpu, now);
	wire = wire_of(skb, &p);

	if (wire.bytes <= SHORTEST_ETHERNET_FRAME)
		wire.bytes -= padding_of(skb, &p);
	book(here, cpu, cell, p.slot, RX, wire, now);
}

/* The headers matter only for the wire length of a super-packet: the socket says whose it is. */
static __always_inline void tally_egress(struct __sk_buff *skb)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct cpu_memory *here = bpf_map_lookup_elem(&cgt_cpus, &cpu);
	struct cgt_cell *cell;
	__u64 slot;

	if (!here)
		return;
	cell = cell_of_owner(here, cpu, sender(skb), &slot);
	book(here, cpu, cell, slot, TX, sent_wire_of(skb), bpf_jiffies64());
}
