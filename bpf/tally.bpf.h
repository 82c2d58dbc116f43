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

/*
 * Whether a frame for another MAC is foreign for sure. Not on the port of a bridge, macvlan or bond
 * (whoever has an rx_handler), nor if a VLAN device takes it: they have MACs of their own, and the
 * address must decide.
 */
static __always_inline int mac_decides(struct __sk_buff *skb)
{
	return !skb->vlan_present && !BPF_CORE_READ(kernel_skb(skb), dev, rx_handler);
}

/* Sets `cacheable` as receiver() does. */
static __always_inline struct owner addressee(struct __sk_buff *skb, struct packet *p,
					      struct cpu_memory *here, int *cacheable)
{
	if (!p->version)
		return owner_by_reason(CGT_NOT_IP);
	if (skb->pkt_type == PACKET_OTHERHOST && mac_decides(skb))
		return owner_by_reason(CGT_FORWARDED);
	if (p->later_fragment)
		return owner_by_reason(CGT_FRAGMENT);
	if (p->has_ports)
		return receiver(skb, p, here, cacheable);
	return owner_by_reason(is_ours(here, &p->tuple, p->version) ? CGT_KERNEL : CGT_FORWARDED);
}

/* Of an entry that the cache believes; NULL if its slot is another account's by now. */
static __always_inline struct cgt_cell *cell_of_entry(__u32 cpu, const struct owner_entry *entry)
{
	struct cgt_cell *cell = cell_at(cpu, entry->slot);

	return cell && cell_is_of(cell, entry->cgroup_id) ? cell : NULL;
}

/*
 * Parses the packet and asks whose it is, unless only its unusual headers kept the owner cache from
 * knowing. What was parsed lies in the CPU's memory, as the verifier does not follow what is there
 * and so walks what comes behind once; but on the stack where another packet may come in between.
 */
VERIFIED_ONCE int find_slot_of_addressee(struct __sk_buff *skb)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct cpu_memory *here = bpf_map_lookup_elem(&cgt_cpus, &cpu);
	struct packet on_stack, *p = &on_stack;
	__u64 now = bpf_jiffies64();
	struct owner_entry *entry;
	int cacheable = 0;
	struct owner owner;
	__u64 slot;

	if (!here)
		return reason_slot[CGT_OVERFLOW];
	if (!preempt_rt)
		p = &here->packet;
	*p = (struct packet){};
	if (!parse(skb, p) && skb->pkt_type != PACKET_OTHERHOST) {
		entry = believed(here, p, now);
		if (entry && cell_of_entry(cpu, entry))
			return entry->slot;
	}
	owner = addressee(skb, p, here, &cacheable);
	cell_of_owner(here, cpu, owner, &slot);
	entry = owner_entry_of(here, p);
	if (cacheable && !may_change_owner(p))
		remember(entry, p, now, owner.cgroup_id, slot);
	else if (p->has_ports)
		entry->jiffy = 0;
	return slot;
}

/* Sets `slot`, too. */
static __always_inline struct cgt_cell *ingress_cell(struct __sk_buff *skb, struct cpu_memory *here,
						     __u32 cpu, __u64 now, __u64 *slot)
{
	struct owner_entry *entry = recall(skb, here, now);
	struct cgt_cell *cell = entry ? cell_of_entry(cpu, entry) : NULL;

	if (cell) {
		*slot = entry->slot;
		return cell;
	}
	*slot = (__u32)find_slot_of_addressee(skb);
	return cell_at(cpu, *slot);
}

static __always_inline void tally_ingress(struct __sk_buff *skb)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct cpu_memory *here = bpf_map_lookup_elem(&cgt_cpus, &cpu);
	__u64 now = bpf_jiffies64();
	struct cgt_cell *cell;
	struct wire wire;
	__u64 slot;

	if (!here)
		return; /* cannot be: there is one for each possible CPU */
	cell = ingress_cell(skb, here, cpu, now, &slot);
	wire = wire_of(skb);
	if (wire.bytes <= SHORTEST_ETHERNET_FRAME)
		wire.bytes -= padding_of(skb);
	book(here, cpu, cell, slot, RX, wire, now);
}

static __always_inline void tally_egress(struct __sk_buff *skb)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct cpu_memory *here = bpf_map_lookup_elem(&cgt_cpus, &cpu);
	struct cgt_cell *cell;
	__u64 slot;

	if (!here)
		return;
	cell = cell_of_owner(here, cpu, sender(skb), &slot);
	book(here, cpu, cell, slot, TX, wire_of(skb), bpf_jiffies64());
}
