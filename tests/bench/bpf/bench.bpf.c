// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The benchmark's programs: the same inline functions as in production, on one repeated packet.
 * What a repeated packet cannot vary, a table does: each run picks its next turn, which changes the
 * packet's tuple (by xor, so that the parsed headers are still needed) and the sender's cgroup.
 * Each program has an empty twin that only picks its turn.
 */
#include "headers.bpf.h"

#define NEXT -1

struct turn {
	__u32 tuple[9]; /* xor of struct bpf_sock_tuple */
	__u32 pad;
	__u64 cgroup_id;
};

/* A power of two, so that a mask bounds the index. Sized by the benchmark; written before the runs.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct turn);
} bench_turns SEC(".maps");

/* What a naive counter keeps: one per-CPU hash. */
struct naive {
	__u64 rx_bytes, rx_packets, tx_bytes, tx_packets;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct naive);
} bench_naive SEC(".maps");

__u32 turn_mask = 0;
__u32 turn = 0;
__u64 hits = 0;

static __always_inline struct turn *next_turn(void)
{
	__u32 index = turn++ & turn_mask;

	return bpf_map_lookup_elem(&bench_turns, &index);
}

static __always_inline void vary(struct packet *p, const struct turn *t)
{
	p->addresses[0] ^= *(__u64 *)&t->tuple[0];
	p->words[2] ^= t->tuple[2];
	if (p->version == 6)
		p->words[8] ^= t->tuple[8];
}

SEC("tc")
int bench_empty(struct __sk_buff *skb)
{
	return NEXT;
}

SEC("tc")
int bench_empty_turn(struct __sk_buff *skb)
{
	struct turn *t = next_turn();

	return t && t->cgroup_id == 0x1234567 ? 0 : NEXT;
}

/* Of those that change the tuple, too. */
SEC("tc")
int bench_empty_vary(struct __sk_buff *skb)
{
	volatile __u64 addresses = skb->len;
	volatile __u32 ports = skb->len;
	struct turn *t = next_turn();

	if (!t)
		return NEXT;
	addresses ^= *(__u64 *)&t->tuple[0];
	ports ^= t->tuple[2];
	return (addresses ^ ports) == 0x1234567 ? 0 : NEXT;
}

static __always_inline int count_naively(struct __sk_buff *skb, __u64 id)
{
	struct naive *n = bpf_map_lookup_elem(&bench_naive, &id);

	if (!n)
		return NEXT;
	n->rx_bytes += skb->len;
	n->rx_packets += 1;
	n->tx_bytes += skb->len;
	n->tx_packets += 1;
	return NEXT;
}

SEC("tc")
int bench_floor(struct __sk_buff *skb)
{
	struct turn *t = next_turn();

	return t ? count_naively(skb, t->cgroup_id) : NEXT;
}

/* The least that counts per cgroup at egress: it has to ask whose packet this is. */
SEC("tc")
int bench_naive_egress(struct __sk_buff *skb)
{
	struct turn *t = next_turn();
	__u64 own = bpf_skb_cgroup_id(skb);

	return t && own ? count_naively(skb, t->cgroup_id) : NEXT;
}

SEC("tc")
int bench_egress(struct __sk_buff *skb)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct cpu_memory *here = bpf_map_lookup_elem(&cgt_cpus, &cpu);
	struct turn *t = next_turn();
	struct owner owner = sender(skb);
	struct cgt_cell *cell;
	__u64 slot;

	if (!t || !here)
		return NEXT;
	/* TEST_RUN's own socket has the caller's cgroup; the table says whose it shall be. */
	if (owner.kind == CGT_CGROUP)
		owner.cgroup_id = t->cgroup_id;
	cell = cell_of_owner(here, cpu, owner, &slot);
	book(here, cpu, cell, slot, TX, sent_wire_of(skb), bpf_jiffies64());
	return NEXT;
}

/* Cold: the owner cache has forgotten the flow; the rest is as warm as under any traffic. */
static __always_inline int ingress(struct __sk_buff *skb, int cold)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct cpu_memory *here = bpf_map_lookup_elem(&cgt_cpus, &cpu);
	struct turn *t = next_turn();
	struct packet p = {};
	__u64 now = bpf_jiffies64();
	struct cgt_cell *cell;

	parse(skb, &p);
	if (!t || !here)
		return NEXT;
	vary(&p, t);
	if (cold)
		owner_entry_of(here, &p)->jiffy = 0;
	cell = ingress_cell(skb, &p, here, cpu, now);
	book(here, cpu, cell, p.slot, RX, wire_of(skb, &p), now);
	return NEXT;
}

SEC("tc")
int bench_ingress(struct __sk_buff *skb)
{
	return ingress(skb, 0);
}

SEC("tc")
int bench_ingress_cold(struct __sk_buff *skb)
{
	return ingress(skb, 1);
}

/* Not timed: how often the owner cache answers in the same sequence. */
SEC("tc")
int bench_ingress_hits(struct __sk_buff *skb)
{
	__u32 index = turn & turn_mask;
	struct turn *t = bpf_map_lookup_elem(&bench_turns, &index);
	__u32 cpu = bpf_get_smp_processor_id();
	struct cpu_memory *here = bpf_map_lookup_elem(&cgt_cpus, &cpu);
	struct owner_entry *entry;
	struct packet p = {};

	parse(skb, &p);
	if (!t || !here)
		return NEXT;
	vary(&p, t);
	entry = owner_entry_of(here, &p);
	if (entry->jiffy == bpf_jiffies64() && entry_is_of(entry, &p))
		hits++;
	return ingress(skb, 0);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
