/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The lives of cgroups. The cgroup's tracepoints write when its processes came and left, the
 * packet programs what came for it when no socket took it any more. Both share this map.
 */
#pragma once

/*
 * Key: cgroup id. Written by a CPU whose task enters or leaves a cgroup, and by any CPU that meets
 * a late packet; read and pruned by userspace. A full map loses lives, and no bytes.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, CGT_LIVES);
	__type(key, __u64);
	__type(value, struct cgt_life);
} cgt_lives SEC(".maps");
