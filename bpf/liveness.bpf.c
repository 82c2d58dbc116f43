// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A program that does nothing. Its link lives exactly as long as the process or the pin that owns a
 * ledger, in whatever namespaces that is, so the next process can tell a filter left by a killed
 * one from the filter of a neighbour. (tcx links need no such mark.) An object of its own and a raw
 * tracepoint, because neither needs the kernel's BTF, which takes 30 ms to read.
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

SEC("raw_tp/cgroup_mkdir")
int cgt_liveness(void *ctx)
{
	__u32 first = 0;

	bpf_map_lookup_elem(&cgt_cells, &first);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
