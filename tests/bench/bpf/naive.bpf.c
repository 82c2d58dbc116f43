// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What cgtally is measured against in place: a program that does nothing (what the kernel's
 * statistics themselves cost), and the least that counts per cgroup, a per-CPU hash by the cgroup
 * that the kernel names. At ingress the kernel names none, so the naive program counts all that is
 * received on one account: it tells less than cgtally.
 */
#include "headers.bpf.h"

#define NEXT -1

struct sums {
	__u64 rx_bytes, rx_packets, tx_bytes, tx_packets;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct sums);
} naive_sums SEC(".maps");

static __always_inline struct sums *sums_of_cgroup(struct __sk_buff *skb)
{
	__u64 id = bpf_skb_cgroup_id(skb);
	struct sums *sums = bpf_map_lookup_elem(&naive_sums, &id);
	struct sums none = {};

	if (sums)
		return sums;
	bpf_map_update_elem(&naive_sums, &id, &none, BPF_NOEXIST);
	return bpf_map_lookup_elem(&naive_sums, &id);
}

SEC("tc")
int empty_egress(struct __sk_buff *skb)
{
	return NEXT;
}

SEC("tc")
int empty_ingress(struct __sk_buff *skb)
{
	return NEXT;
}

SEC("tc")
int naive_egress(struct __sk_buff *skb)
{
	struct sums *sums = sums_of_cgroup(skb);

	if (sums) {
		sums->tx_bytes += skb->len;
		sums->tx_packets += 1;
	}
	return NEXT;
}

SEC("tc")
int naive_ingress(struct __sk_buff *skb)
{
	struct sums *sums = sums_of_cgroup(skb);

	if (sums) {
		sums->rx_bytes += skb->len;
		sums->rx_packets += 1;
	}
	return NEXT;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
