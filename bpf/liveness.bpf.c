// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A program that does nothing. Its link exists exactly as long as the process or the pin that holds
 * a ledger, in whatever namespaces. By it, another process can tell a filter that a killed cgtally
 * left from one that is in use (tcx links need no such sign). A separate object with a raw
 * tracepoint, because this needs no kernel BTF, which takes 30 ms to read.
 */
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <cgtally/abi.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cgt_cell);
} cgt_cells SEC(".maps");

/* The map of the program at the devices of pods, which uses no other. Its real values are larger.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} cgt_cpus SEC(".maps");

SEC("raw_tp/cgroup_mkdir")
int cgt_liveness(void *ctx)
{
	__u32 first = 0;

	bpf_map_lookup_elem(&cgt_cells, &first);
	bpf_map_lookup_elem(&cgt_cpus, &first);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
