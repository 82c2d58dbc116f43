/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Shares of the slots. A cgroup without a slot gets one unless a subtree that it lies in has taken
 * what the keeper allows; then the account of that subtree's topmost cgroup takes its packets. So
 * nobody, however many cgroups he makes and however fast, takes the slots that others need. Only
 * packets of cgroups without a slot come here.
 */
#pragma once

/*
 * Key: id of a cgroup. Value: what those below it have taken. Written by any CPU that gives out a
 * slot; read and pruned by the keeper. Preallocated: an insert in a softirq must not fail for lack
 * of memory. If the map is full, a subtree that is new goes unlimited, and those above it do not.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1); /* twice the slots */
	__type(key, __u64);
	__type(value, struct cgt_claims);
} cgt_claims SEC(".maps");

/* Key: id of a cgroup. Value: what those below it may take. Written by the keeper alone. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1); /* twice the slots */
	__type(key, __u64);
	__type(value, struct cgt_share);
} cgt_shares SEC(".maps");

/* The subtrees that a cgroup lies in, from the root's child down; 0 where there is none. */
struct subtrees {
	__u64 id[CGT_SHARED_LEVELS];
};

static __always_inline void find_subtrees(__u64 cgroup_id, struct subtrees *above)
{
	struct cgt_cgroup_name *name;

	*above = (struct subtrees){};
	if (cgroup_id == CGT_ROOT_CGROUP)
		return;
	for (int up = 0; up < CGT_DEEPEST_CGROUP; up++) {
		name = bpf_map_lookup_elem(&cgt_names, &cgroup_id);
		if (!name)
			break;
		cgroup_id = name->parent_id;
		if (cgroup_id <= CGT_ROOT_CGROUP)
			return;
		above->id[3] = above->id[2];
		above->id[2] = above->id[1];
		above->id[1] = above->id[0];
		above->id[0] = cgroup_id;
	}
	*above = (struct subtrees){.id = {CGT_UNKNOWN_SUBTREE}};
}
_Static_assert(CGT_SHARED_LEVELS == 4, "find_subtrees() moves so many");

/* `unseen`: the allowance if the keeper has not seen the subtree yet. */
static __always_inline int is_used_up(__u64 id, __u64 unseen)
{
	const struct cgt_claims *claims = bpf_map_lookup_elem(&cgt_claims, &id);
	const struct cgt_share *share = bpf_map_lookup_elem(&cgt_shares, &id);

	return (claims ? claims->made : 0) >= (share ? share->allowed : unseen);
}

/* Less the deeper the subtree lies, so that its own share ends before that of those above it. */
static __always_inline __u64 unseen_share(__u64 free, int level)
{
	return free - (free << level) / 16;
}

/*
 * The cgroup whose account takes the packets of a cgroup without a slot: its own or, as far up as
 * possible, that of a subtree that has used up its share. Several CPUs at a time may each find the
 * last slot of a share.
 */
VERIFIED_ONCE __u64 taker_of(__u64 cgroup_id)
{
	__u64 id = CGT_ROOT_CGROUP;
	const struct cgt_share *root = bpf_map_lookup_elem(&cgt_shares, &id);
	struct subtrees above;
	__u64 free;

	if (!root)
		return cgroup_id;
	free = root->free;
	if (is_used_up(id, free))
		return id;
	find_subtrees(cgroup_id, &above);
	for (int level = 0; level < CGT_SHARED_LEVELS; level++) {
		id = above.id[level];
		if (!id)
			break;
		if (is_used_up(id, unseen_share(free, level)))
			return id == CGT_UNKNOWN_SUBTREE ? CGT_ROOT_CGROUP : id;
	}
	return cgroup_id;
}

static __always_inline void count_claim(__u64 id)
{
	struct cgt_claims *claims = bpf_map_lookup_elem(&cgt_claims, &id);
	struct cgt_claims first = {.made = 1};

	if (claims)
		__sync_fetch_and_add(&claims->made, 1);
	else
		bpf_map_update_elem(&cgt_claims, &id, &first, BPF_NOEXIST);
}

/* Counts a slot that `cgroup_id` has got. */
VERIFIED_ONCE int count_claims(__u64 cgroup_id)
{
	struct subtrees above;

	find_subtrees(cgroup_id, &above);
	count_claim(CGT_ROOT_CGROUP);
	for (int level = 0; level < CGT_SHARED_LEVELS && above.id[level]; level++)
		count_claim(above.id[level]);
	return 0;
}

static __always_inline void count_beyond(__u64 taker)
{
	struct cgt_claims *claims = bpf_map_lookup_elem(&cgt_claims, &taker);

	if (claims)
		__sync_fetch_and_add(&claims->beyond, 1);
}
