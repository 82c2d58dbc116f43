/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From an account to its cell on this CPU. For a new account, a CPU pops a free slot, writes the
 * key into its cell and publishes the slot with NOEXIST; the loser of a race puts its slot back. If
 * no slot is free, the packet is counted on (overflow). A program run writes a cell's key only if,
 * in that same run, it took the slot from cgt_free or looked it up in cgt_slots.
 */
#pragma once

enum direction { RX, TX };

static __always_inline struct cgt_cell *cell_at(__u32 cpu, __u32 slot)
{
	__u32 index = cpu * slot_count + slot;

	return bpf_map_lookup_elem(&cgt_cells, &index);
}

/* The second word of the key of any cgroup on this interface: interface and kind. */
static __always_inline __u64 cgroups_here(const struct interface_here *at)
{
	const struct cgt_key key = {.iface = key_of(at), .kind = CGT_CGROUP};

	return *(const __u64 *)&key.iface;
}

static __always_inline int cell_is_of(const struct cgt_cell *cell, __u64 cgroup_id,
				      const struct interface_here *at)
{
	__u64 where = *(const volatile __u64 *)&cell->key.iface;

	return cell->key.cgroup_id == cgroup_id && where == cgroups_here(at);
}

/* A reader takes a key as valid if its iface is set, so that is written last. */
static __always_inline void write_key(struct cgt_cell *cell, const struct cgt_key *key)
{
	cell->key.cgroup_id = key->cgroup_id;
	cell->key.kind = key->kind;
	barrier();
	cell->key.iface = key->iface;
}

/*
 * Takes a free slot; -1 if there is none. cgt_free has one lock for all CPUs. With a full table
 * each packet of an account without a slot would take it, so a CPU that found no slot does not ask
 * again in the same jiffy.
 */
static __always_inline int take_free_slot(__u32 cpu, __u32 *slot)
{
	struct cpu_memory *here = bpf_map_lookup_elem(&cgt_cpus, &cpu);
	__u32 now = bpf_jiffies64();

	if (!here || (!preempt_rt && here->no_slot_jiffy == now))
		return -1;
	if (!bpf_map_pop_elem(&cgt_free, slot))
		return 0;
	if (!preempt_rt)
		here->no_slot_jiffy = now;
	return -1;
}

static __always_inline int publish_new_slot(__u32 cpu, const struct cgt_key *key, __u32 *slot)
{
	struct cgt_cell *cell;
	__u32 *winner;
	long err;

	if (take_free_slot(cpu, slot))
		return -1;
	cell = cell_at(cpu, *slot);
	if (!cell)
		return -1;
	write_key(cell, key);
	err = bpf_map_update_elem(&cgt_slots, key, slot, BPF_NOEXIST);
	if (!err)
		return 0;
	cell->key.iface = 0;
	bpf_map_push_elem(&cgt_free, slot, 0);
	winner = bpf_map_lookup_elem(&cgt_slots, key);
	if (!winner)
		return -1;
	*slot = *winner;
	return 0;
}

/*
 * Looks up twice: if the keeper deletes the entry, the hash may give its memory to another account
 * before the slot is read.
 */
static __always_inline int known_slot(const struct cgt_key *key, __u32 *slot)
{
	__u32 *known = bpf_map_lookup_elem(&cgt_slots, key);

	if (!known)
		return -1;
	*slot = *(volatile __u32 *)known;
	known = bpf_map_lookup_elem(&cgt_slots, key);
	return known && *(volatile __u32 *)known == *slot ? 0 : -1;
}

/* Sets the key to that of the account that takes the packets. */
static __always_inline int new_slot(__u32 cpu, struct cgt_key *key, __u32 *slot)
{
	__u64 cgroup_id = key->cgroup_id;

	key->cgroup_id = taker_of(cgroup_id);
	if (key->cgroup_id != cgroup_id) {
		count_beyond(key->cgroup_id);
		if (!known_slot(key, slot))
			return 0;
	}
	if (publish_new_slot(cpu, key, slot))
		return -1;
	count_claims(key->cgroup_id);
	return 0;
}

/*
 * The slot for a cgroup that is not in the slot cache; -1 if all slots are taken. If its share is
 * used up, the slot is that of a cgroup above: no cache entry leads there, so each packet asks.
 * `iface` is the key of the interface.
 */
VERIFIED_ONCE int find_slot(__u32 cpu, __u64 cgroup_id, __u32 iface)
{
	struct cgt_key key = {.cgroup_id = cgroup_id, .iface = iface, .kind = CGT_CGROUP};
	struct cgt_cell *cell;
	__u32 slot;

	if (known_slot(&key, &slot) && new_slot(cpu, &key, &slot))
		return -1;
	cell = cell_at(cpu, slot);
	if (cell && !cell->key.iface)
		write_key(cell, &key);
	return slot;
}

/* Fibonacci hashing: cgroup ids are inode numbers, dense at the low end. */
static __always_inline __u32 slot_cache_index(__u64 cgroup_id)
{
	return (cgroup_id * GOLDEN_RATIO_64) >> 32 & (CGT_SLOT_CACHE_SIZE - 1);
}

static __always_inline struct cgt_cell *cgroup_cell(struct cpu_memory *here, __u32 cpu,
						    __u64 cgroup_id, __u64 *slot_found,
						    const struct interface_here *at)
{
	__u32 *cached = &here->slots[slot_cache_index(cgroup_id)];
	struct cgt_cell *cell = cell_at(cpu, *cached);
	int slot;

	if (cell && cell_is_of(cell, cgroup_id, at)) {
		*slot_found = *cached;
		return cell;
	}
	slot = find_slot(cpu, cgroup_id, key_of(at));
	if (slot < 0)
		slot = slot_of_reason(at, CGT_OVERFLOW);
	else if (!preempt_rt)
		*cached = slot;
	*slot_found = slot;
	return cell_at(cpu, slot);
}

/* No atomics: only this CPU writes the cell, and no other packet interrupts it. */
static __always_inline void add(struct cgt_cell *cell, enum direction direction, struct wire wire)
{
	if (direction == RX) {
		cell->rx_bytes += wire.bytes;
		cell->rx_packets += wire.packets;
	} else {
		cell->tx_bytes += wire.bytes;
		cell->tx_packets += wire.packets;
	}
}

static __always_inline void add_atomically(struct cgt_cell *cell, enum direction direction,
					   struct wire wire)
{
	__sync_fetch_and_add(direction == RX ? &cell->rx_bytes : &cell->tx_bytes, wire.bytes);
	__sync_fetch_and_add(direction == RX ? &cell->rx_packets : &cell->tx_packets, wire.packets);
}
