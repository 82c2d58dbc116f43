/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The accounting rule: the cell for which one packet is counted, and how much. Both directions ask
 * the cheap questions first.
 */
#pragma once

/* Sets `slot` to the slot of the cell, here and below. */
static __always_inline struct cgt_cell *cell_of_owner(struct cpu_memory *here, __u32 cpu,
						      struct owner owner, __u64 *slot,
						      const struct interface_here *at)
{
	if (owner.kind == CGT_CGROUP)
		return cgroup_cell(here, cpu, owner.cgroup_id, slot, at);
	*slot = slot_of_reason(at, owner.kind);
	return cell_at(cpu, *slot);
}

/* Beside the reasons: what must be asked about the owner. */
#define NEEDS_SOCKET   CGT_CGROUP
#define NEEDS_ENDPOINT CGT_KINDS

/* The reason if headers alone decide. */
static __always_inline enum cgt_kind kind_by_headers(struct __sk_buff *skb, const struct packet *p,
						     struct cpu_memory *here)
{
	if (!p->version)
		return CGT_NOT_IP;
	if (skb->pkt_type == PACKET_OTHERHOST && mac_decides(skb))
		return CGT_FORWARDED;
	if (p->has_ports)
		return NEEDS_SOCKET;
	if (whose_address(skb, here, &p->tuple, p->version) != ADDRESS_OURS)
		return NEEDS_ENDPOINT;
	if (p->later_fragment)
		return CGT_FRAGMENT;
	return unlearned(is_encapsulation(p->protocol)) ? CGT_TUNNEL : CGT_KERNEL;
}

/* The owner of a packet without ports: only its address, or what it carries, can tell. */
static __always_inline struct owner owner_without_ports(struct __sk_buff *skb, struct packet *p,
							enum cgt_kind kind, struct cpu_memory *here)
{
	struct owner owner = {.kind = kind};

	if (kind == CGT_TUNNEL)
		find_owner_in_tunnel(skb, p, &owner, here);
	else if (kind == NEEDS_ENDPOINT &&
		 owner_behind(skb, p, &p->tuple, &owner, here) == CGT_FORWARDED &&
		 p->later_fragment)
		owner.kind = CGT_FRAGMENT;
	return owner;
}

/*
 * The cell of a current cache entry; NULL if its slot belongs to another account by now. The slot
 * of a reason stays its interface's, but the cell has no key on a CPU that userspace did not write.
 */
static __always_inline struct cgt_cell *cell_of_entry(__u32 cpu, const struct owner_entry *entry,
						      const struct interface_here *at)
{
	struct cgt_cell *cell = cell_at(cpu, entry->slot);

	if (!cell || cell_is_of(cell, entry->owner, at))
		return cell;
	return entry->owner == reason_here(at) ? cell : NULL;
}

/* Tells whether the packet came for a cgroup that does not take it any more, and notes that. */
static __always_inline int is_late(struct __sk_buff *skb, const struct packet *p,
				   const struct owner *owner)
{
	if (p->unserved == BY_OLD_SOCKET)
		return note_late(skb, p, owner->cgroup_id);
	if (p->unserved == UNSERVED || owner->kind == CGT_NO_SOCKET || owner->kind == CGT_CLOSING)
		return note_late(skb, p, 0);
	return 0;
}

/*
 * The CPU is asked for anew, here and below: kept meanwhile it would be on the stack, which with
 * PREEMPT_RT is full.
 */
static __always_inline void count_what_tcp_says(struct __sk_buff *skb, const struct packet *p,
						struct cgt_cell *cell, __u64 slot)
{
	if (cell && may_be_without_data(skb, p))
		count_tcp_received(skb, p, cell, bpf_get_smp_processor_id() * slot_count + slot);
}

/* The slot of a TCP or UDP packet with complete headers. */
static __always_inline __u64 slot_of_flow(struct __sk_buff *skb, struct packet *p,
					  struct cpu_memory *here, const struct interface_here *at)
{
	__u32 now = bpf_jiffies64();
	struct owner_entry *shared = here->is_unknown ? NULL : shared_entry(here, p, at);
	struct owner_entry *entry = owner_entry_of(here, p, at, THIS_SENDER);
	struct owner_entry *current = NULL;
	struct cgt_cell *cell;
	struct owner owner;
	__u64 slot;

	/*
	 * cached_owner() does not see packets with unusual headers or to another MAC, and renews no
	 * entry.
	 */
	if (shared && shared_holds(skb, here, shared, p, now))
		current = shared;
	else if (!here->is_unknown && is_current(skb, here, entry, p, now))
		current = entry;
	if (current) {
		cell = cell_of_entry(bpf_get_smp_processor_id(), current, at);
		count_what_tcp_says(skb, p, cell, current->slot);
		if (cell)
			return current->slot;
	}
	if (shared)
		shared->flow_kind = 0; /* of UDP: else it would hide those of single flows */
	owner = receiver(skb, p, here);
	if (owner.kind == CGT_TUNNEL)
		find_owner_in_tunnel(skb, p, &owner, here);
	if (is_late(skb, p, &owner))
		owner.cacheable = 0; /* each packet of the flow is late */
	else if (owner.kind == CGT_CGROUP && tells_service(p, entry, owner.cgroup_id))
		learn_service(p, owner.cgroup_id);
	cell = cell_of_owner(here, bpf_get_smp_processor_id(), owner, &slot, at);
	count_what_tcp_says(skb, p, cell, slot);
	if (preempt_rt)
		return slot; /* nothing is cached */
	if (owner.cacheable && !may_change_owner(p))
		remember(skb, here, p, now, &owner, slot, at);
	else
		entry->flow_kind = 0;
	return slot;
}

#define NO_SLOT (-1) /* the packet must not be counted */

/* Parses into `p`, which is zeroed here. */
static __noinline int slot_of_packet(struct __sk_buff *skb, struct packet *p,
				     struct cpu_memory *here)
{
	const struct interface_here *at = interface_of(skb);
	struct owner owner;
	enum cgt_kind kind;
	__u64 slot;

	if (!at || is_from_above(skb, here) || is_decrypted(skb, here))
		return NO_SLOT;
	*p = (struct packet){};
	parse(skb, p);
	kind = kind_by_headers(skb, p, here);
	if (kind == NEEDS_SOCKET)
		return slot_of_flow(skb, p, here, at);
	owner = owner_without_ports(skb, p, kind, here);
	cell_of_owner(here, bpf_get_smp_processor_id(), owner, &slot, at);
	return slot;
}

/* With PREEMPT_RT another packet may interrupt: the parsed headers are on the stack. */
static __noinline int slot_of_interruptible_packet(struct __sk_buff *skb, struct cpu_memory *here)
{
	struct packet p;

	return slot_of_packet(skb, &p, here);
}

/*
 * The slot of a packet that cached_owner() does not know. The parsed headers are in the CPU's
 * memory, whose values the verifier does not track, so it walks the code after the parser only
 * once.
 */
VERIFIED_ONCE int find_slot_of_packet(struct __sk_buff *skb)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct cpu_memory *here = bpf_map_lookup_elem(&cgt_cpus, &cpu);

	if (!here)
		return NO_SLOT;
	return preempt_rt ? slot_of_interruptible_packet(skb, here)
			  : slot_of_packet(skb, &here->packet, here);
}

/* Sets `headers_len` if the packet is TCP and its owner is cached. */
static __always_inline struct cgt_cell *ingress_cell(struct __sk_buff *skb, struct cpu_memory *here,
						     __u32 cpu, const struct interface_here *at,
						     __u64 *slot, __u32 *headers_len)
{
	struct owner_entry *entry = cached_owner(skb, here, at, headers_len);
	struct cgt_cell *cell = entry ? cell_of_entry(cpu, entry, at) : NULL;

	if (cell) {
		*slot = entry->slot;
		return cell;
	}
	if (entry)
		here->is_unknown = 0;
	*headers_len = 0;
	*slot = (__u32)find_slot_of_packet(skb);
	return *slot == (__u32)NO_SLOT ? NULL : cell_at(cpu, *slot);
}

/*
 * Adds a packet to a cell and to the open window. The window's sequence is odd from before the cell
 * is written until the window is complete: a reader that waits for an even one finds the packet in
 * both or in neither.
 */
static __always_inline void count_packet(struct __sk_buff *skb, struct cpu_memory *here,
					 struct cgt_cell *cell, __u32 slot,
					 enum direction direction, struct wire wire)
{
	struct cgt_window *window;
	__u32 seq;

	if (!cell)
		return; /* the packet is not counted here; each slot is within the array */
	if (preempt_rt) {
		add_atomically(cell, direction, wire);
		return;
	}
	window = window_ns ? window_at(skb, here, direction, wire.bytes) : NULL;
	if (!window) {
		add(cell, direction, wire);
		return;
	}
	seq = window->seq;
	window->seq = seq + 1;
	barrier();
	add(cell, direction, wire);
	window->bytes += wire.bytes;
	window->packets += wire.packets;
	if (window->top[0].slot == slot)
		window->top[0].bytes += wire.bytes;
	else
		window->error += misra_gries_add(window, slot, wire.bytes);
	barrier();
	window->seq = seq + 2;
}

/*
 * While a filter moves, tells the following program that the leading one has counted the packet:
 * once that has run on a CPU, it runs there before the following one for each packet. (With
 * PREEMPT_RT another packet may run in between: there, those under way are not counted.)
 */
static __always_inline int is_counted_at_head(struct cpu_memory *here)
{
	if (leads_move)
		here->moved = leads_move;
	return follows_move && here->moved == follows_move;
}

static __always_inline void tally_ingress(struct __sk_buff *skb)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct cpu_memory *here = bpf_map_lookup_elem(&cgt_cpus, &cpu);
	const struct interface_here *at = interface_of(skb);
	struct cgt_cell *cell;
	__u32 headers_len = 0;
	struct wire wire;
	__u64 slot;

	/*
	 * The kernel hands the host a copy of each multicast and broadcast that it sends, as
	 * ingress of the sending device and without an Ethernet header (dev_loopback_xmit). It was
	 * never on a wire.
	 */
	if (!here || !at || skb->pkt_type == PACKET_LOOPBACK || is_counted_at_head(here))
		return;
	cell = ingress_cell(skb, here, cpu, at, &slot, &headers_len);
	wire = wire_of(skb, headers_len);
	if (wire.bytes <= SHORTEST_ETHERNET_FRAME)
		wire.bytes -= padding_of(skb);
	if (cell && headers_len &&
	    wire.bytes - (skb->vlan_present ? VLAN_TAG_LEN : 0) == headers_len)
		count_without_data(cell, RX);
	count_packet(skb, here, cell, slot, RX, wire);
}

/* What TCP says in a short packet. (A SYN that carries more than that, by TCP Fast Open, is
 * missed.) */
static __always_inline void count_tcp_sent(struct __sk_buff *skb, struct cgt_cell *cell,
					   __u32 index)
{
	struct tcp_header tcp = tcp_header_of(skb);

	if (skb->len == tcp.headers_len)
		count_without_data(cell, TX);
	if (!(tcp.flags & (TCP_FLAG_BYTE_SYN | TCP_FLAG_BYTE_RST)))
		return;
	count_flags(index, TX, tcp.flags);
	if (tcp.flags & TCP_FLAG_BYTE_RST)
		note_refusal(skb);
}

static __always_inline void tally_egress(struct __sk_buff *skb)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct cpu_memory *here = bpf_map_lookup_elem(&cgt_cpus, &cpu);
	const struct interface_here *at = interface_of(skb);
	struct cgt_cell *cell;
	struct owner owner;
	__u64 slot;

	if (!here || !at || is_counted_at_head(here))
		return;
	owner = sender(skb, here);
	if (owner.kind == NOT_COUNTED)
		return;
	if (!have_conntrack && owner.kind == CGT_CGROUP)
		teach_owner(skb, owner.cgroup_id);
	cell = cell_of_owner(here, cpu, owner, &slot, at);
	if (skb->len <= LONGEST_WITHOUT_DATA && cell)
		count_tcp_sent(skb, cell, cpu * slot_count + slot);
	count_packet(skb, here, cell, slot, TX, wire_of(skb, tcp_headers_len_of(skb)));
}
