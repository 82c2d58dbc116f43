/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The names of cgroups. The registry's programs write them; the packet programs follow the parents
 * when a new account asks for a slot. Both share this map.
 */
#pragma once

/*
 * Key: cgroup id. Value: its own name and its parent's id. Written at mkdir, and by userspace for
 * older cgroups; deleted by the keeper. Not preallocated, because most hosts have few cgroups.
 * Kernels before 6.1 reject that for kprobes and raw tracepoints, but not for tp_btf programs.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, CGT_REGISTRY_SIZE);
	__type(key, __u64);
	__type(value, struct cgt_cgroup_name);
} cgt_names SEC(".maps");
