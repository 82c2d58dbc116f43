// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The benchmark's programs: the same inline functions as in production, on one repeated packet.
 * What a repeated packet cannot vary, a table does: each run picks its next turn, which changes the
 * frame's tuple and the sender's cgroup. Each program has an empty twin that does only this
 * (but for the cold one, which also makes the owner cache forget).
 */
#include "headers.bpf.h"

#define NEXT -1

struct turn {
	__u32 tuple[9]; /* struct bpf_sock_tuple */
	__u32 hash;	/* places in the owner cache */
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

/* One store, as production's is one load: else the load would wait for two. */
static __always_inline void store_u64(void *at, __u64 value)
{
	asm volatile("*(u64 *)(%0 + 0) = %1" : : "r"(at), "r"(value) : "memory");
}

/* Writes the turn's tuple into the frame's headers; the addresses of IPv6 are always the same. */
static __always_inline void vary(struct __sk_buff *skb, const struct turn *t)
{
	struct packet p;
	void *ip, *end;
	__be16 ethertype = plain_ethertype(skb, &p, &ip, &end);
	struct ipv6hdr *ip6 = ip;
	struct iphdr *ip4 = ip;

	if (ethertype == bpf_htons(ETH_P_IP) && (void *)(ip4 + 1) + sizeof(__u32) <= end) {
		store_u64(&ip4->saddr, *(__u64 *)t->tuple);
		*(__u32 *)(ip4 + 1) = t->tuple[2];
	} else if (ethertype == bpf_htons(ETH_P_IPV6) && (void *)(ip6 + 1) + sizeof(__u32) <= end) {
		*(__u32 *)(ip6 + 1) = t->tuple[8];
	}
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
	struct turn *t = next_turn();

	if (t)
		vary(skb, t);
	return NEXT;
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
	const struct interface_here *at = interface_of(skb);
	struct turn *t = next_turn();
	struct owner owner;
	struct cgt_cell *cell;
	__u64 slot;

	if (!t || !here || !at)
		return NEXT;
	owner = sender(skb, here);
	/*
	 * TEST_RUN's own socket is one of the kernel, with the caller's cgroup; the table says
	 * whose it shall be.
	 */
	owner.kind = CGT_CGROUP;
	owner.cgroup_id = t->cgroup_id;
	cell = cell_of_owner(here, cpu, owner, &slot, at);
	if (skb->len <= LONGEST_WITHOUT_DATA && cell)
		count_tcp_sent(skb, cell, cpu * slot_count + slot);
	count_packet(skb, here, cell, slot, TX, wire_of(skb, 0));
	return NEXT;
}

/* A pod's packet at the uplink, with what its veth does before: the hand-over and the counting. */
SEC("tc")
int bench_forwarded(struct __sk_buff *skb)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct cpu_memory *here = bpf_map_lookup_elem(&cgt_cpus, &cpu);
	const struct interface_here *at = interface_of(skb);
	struct turn *t = next_turn();
	struct bpf_sock *sk = skb->sk;
	struct cgt_cell *cell;
	struct owner owner;
	__u64 slot;

	if (!t || !here || !at || !sk)
		return NEXT;
	owner = owner_of_sender(skb, sk);
	owner.cgroup_id = t->cgroup_id; /* as in bench_egress */
	hand_over(skb, here, owner.cgroup_id);
	/* At the uplink; its program looks its memory up again. */
	here = bpf_map_lookup_elem(&cgt_cpus, &cpu);
	if (!here)
		return NEXT;
	owner = sender_behind(skb, here);
	cell = cell_of_owner(here, cpu, owner, &slot, at);
	if (skb->len <= LONGEST_WITHOUT_DATA && cell)
		count_tcp_sent(skb, cell, cpu * slot_count + slot);
	count_packet(skb, here, cell, slot, TX, wire_of(skb, 0));
	return NEXT;
}

SEC("tc")
int bench_ingress(struct __sk_buff *skb)
{
	struct turn *t = next_turn();

	if (!t)
		return NEXT;
	vary(skb, t);
	tally_ingress(skb);
	return NEXT;
}

#define FORGOTTEN (4 * flow_jiffies)

/* Makes what is known of the turn's connection that many jiffies old. */
static __always_inline void age_connection(struct cpu_memory *here, const struct turn *t,
					   __u32 jiffies)
{
	const struct bpf_sock_tuple *tuple = (const struct bpf_sock_tuple *)t->tuple;
	struct connection *line = connections_at(here, t->hash);
	__u64 ports = *(const __u32 *)&tuple->ipv4.sport;

	for (int i = 0; i < CONNECTIONS_OF_LINE; i++) {
		if (jiffies == FORGOTTEN)
			line[i].peer = 0;
		else if (line[i].peer == (ports << 32 | tuple->ipv4.saddr))
			local_owner_of(here, &line[i])->jiffy = (__u32)bpf_jiffies64() - jiffies;
	}
}

/* Receives the next turn's packet, whose owner the cache has known for so long. */
static __always_inline int receive_known_for(struct __sk_buff *skb, __u32 jiffies)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct cpu_memory *here = bpf_map_lookup_elem(&cgt_cpus, &cpu);
	struct turn *t = next_turn();

	if (!t || !here)
		return NEXT;
	vary(skb, t);
	for (int place = 0; place < 2; place++)
		place_of(here, t->hash, place)->jiffy = (__u32)bpf_jiffies64() - jiffies;
	if (skb->protocol == bpf_htons(ETH_P_IP))
		age_connection(here, t, jiffies);
	tally_ingress(skb);
	return NEXT;
}

/* The owner cache has forgotten the flow; the rest is as warm as under any traffic. */
SEC("tc")
int bench_ingress_cold(struct __sk_buff *skb)
{
	return receive_known_for(skb, FORGOTTEN);
}

/* The owner cache has the flow, but has believed it for a second. */
SEC("tc")
int bench_ingress_renewed(struct __sk_buff *skb)
{
	return receive_known_for(skb, flow_jiffies + 1);
}

/* What the kernel takes of a cold packet: its own lookup, and nothing else. */
SEC("tc")
int bench_socket_lookup(struct __sk_buff *skb)
{
	struct turn *t = next_turn();
	struct bpf_sock_tuple *tuple;
	struct bpf_sock *sk;

	if (!t)
		return NEXT;
	vary(skb, t);
	tuple = (struct bpf_sock_tuple *)t->tuple;
	if (skb->protocol == bpf_htons(ETH_P_IP))
		sk = bpf_sk_lookup_tcp(skb, tuple, sizeof(tuple->ipv4), OUR_NETNS, 0);
	else
		sk = bpf_sk_lookup_tcp(skb, tuple, sizeof(tuple->ipv6), OUR_NETNS, 0);
	if (sk)
		bpf_sk_release(sk);
	return NEXT;
}

/* Not timed: run over all turns before a cold path, so that it need not look for what it forgets.
 */
SEC("tc")
int bench_hash_turns(struct __sk_buff *skb)
{
	struct turn *t = next_turn();
	struct packet p = {};

	if (!t)
		return NEXT;
	vary(skb, t);
	parse(skb, &p);
	t->hash = flow_hash(&p, interface_key(skb),
			    p.protocol == IPPROTO_UDP ? ANY_SENDER : THIS_SENDER);
	return NEXT;
}

/* Not timed: how often the owner cache answers in the same sequence. */
SEC("tc")
int bench_ingress_hits(struct __sk_buff *skb)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct cpu_memory *here = bpf_map_lookup_elem(&cgt_cpus, &cpu);
	const struct interface_here *at = interface_of(skb);
	struct turn *t = next_turn();
	__u32 headers_len = 0;

	if (!t || !here || !at)
		return NEXT;
	vary(skb, t);
	if (cached_owner(skb, here, at, &headers_len))
		hits++;
	tally_ingress(skb);
	return NEXT;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
