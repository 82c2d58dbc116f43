// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Names, lives and removals of cgroups, in maps that outlive every process of ours: a later process
 * learns the name of a cgroup, however short it existed. Only for the unified hierarchy: on hybrid
 * hosts these tracepoints fire for cgroup v1 too, with ids that overlap those of v2. While one
 * keeper replaces another, the programs of both run and write the same values.
 */
#include <linux/bpf.h>
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include <cgtally/abi.h>

#include "lives.bpf.h"
#include "names.bpf.h"

#define UNIFIED_HIERARCHY 0

/* Key: cgroup id. Written at rmdir and at release; deleted by the keeper. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, CGT_REGISTRY_SIZE);
	__type(key, __u64);
	__type(value, struct cgt_removed_cgroup);
} cgt_removed SEC(".maps");

/* One number: names and removals that did not fit. A walk over the hierarchy finds them. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} cgt_missed SEC(".maps");

static __always_inline int is_unified(const struct cgroup *cgroup)
{
	return cgroup->root->hierarchy_id == UNIFIED_HIERARCHY;
}

static __always_inline void count_missed(void)
{
	__u32 zero = 0;
	__u64 *missed = bpf_map_lookup_elem(&cgt_missed, &zero);

	if (missed)
		__sync_fetch_and_add(missed, 1);
}

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(cgt_reg_mkdir, struct cgroup *cgroup, const char *path)
{
	struct cgt_cgroup_name name = {};
	__u64 id;

	if (!is_unified(cgroup))
		return 0;
	id = cgroup->kn->id;
	/* Not kernfs_node's parent: 6.15 renamed that. */
	name.parent_id = cgroup->self.parent->cgroup->kn->id;
	name.made_ns = bpf_ktime_get_boot_ns();
	bpf_probe_read_kernel_str(name.name, sizeof(name.name), cgroup->kn->name);
	if (bpf_map_update_elem(&cgt_names, &id, &name, BPF_ANY))
		count_missed();
	return 0;
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(cgt_reg_rmdir, struct cgroup *cgroup, const char *path)
{
	struct cgt_removed_cgroup removed = {};
	struct cgt_life *life;
	__u64 id;

	if (!is_unified(cgroup))
		return 0;
	id = cgroup->kn->id;
	removed.removed_ns = bpf_ktime_get_boot_ns();
	if (bpf_map_update_elem(&cgt_removed, &id, &removed, BPF_ANY))
		count_missed();
	life = bpf_map_lookup_elem(&cgt_lives, &id);
	if (life)
		life->removed_ns = removed.removed_ns;
	return 0;
}

static __always_inline void begin_life(__u64 id, struct cgroup *cgroup, __u64 now)
{
	struct cgt_life life = {.begun_ns = now};

	life.parent_id = cgroup->self.parent ? cgroup->self.parent->cgroup->kn->id : 0;
	bpf_map_update_elem(&cgt_lives, &id, &life, BPF_ANY);
}

/*
 * A process has closed its sockets when it leaves its cgroup: what came in between is in
 * late_at_end, too.
 */
static __always_inline void end_life(__u64 id, struct cgroup *cgroup, __u64 now)
{
	struct cgt_life *life = bpf_map_lookup_elem(&cgt_lives, &id);
	struct cgt_life older = {.ended_ns = now};

	if (life) {
		life->late_at_end = life->late;
		life->ended_ns = now;
		return;
	}
	older.parent_id = cgroup->self.parent ? cgroup->self.parent->cgroup->kn->id : 0;
	bpf_map_update_elem(&cgt_lives, &id, &older, BPF_NOEXIST);
}

/* The kernel holds css_set_lock, so it calls this in the order of the events. */
SEC("tp_btf/cgroup_notify_populated")
int BPF_PROG(cgt_reg_populated, struct cgroup *cgroup, const char *path, int populated)
{
	__u64 now = bpf_ktime_get_boot_ns();

	if (!is_unified(cgroup))
		return 0;
	if (populated)
		begin_life(cgroup->kn->id, cgroup, now);
	else
		end_life(cgroup->kn->id, cgroup, now);
	return 0;
}

/* Runs after the last socket has closed, which may be hours after rmdir. */
SEC("tp_btf/cgroup_release")
int BPF_PROG(cgt_reg_release, struct cgroup *cgroup, const char *path)
{
	__u64 now = bpf_ktime_get_boot_ns();
	/* If rmdir was missed, it was no later than this. */
	struct cgt_removed_cgroup fresh = {.removed_ns = now, .released_ns = now};
	struct cgt_removed_cgroup *removed;
	__u64 id;

	if (!is_unified(cgroup))
		return 0;
	id = cgroup->kn->id;
	removed = bpf_map_lookup_elem(&cgt_removed, &id);
	if (removed)
		removed->released_ns = now;
	else if (bpf_map_update_elem(&cgt_removed, &id, &fresh, BPF_NOEXIST))
		count_missed();
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
