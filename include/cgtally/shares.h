/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The part of the ABI that tells how many slots the cgroups of a subtree may take between two looks
 * of the keeper. abi.h includes it. docs/internals/ledger-format.md describes it.
 */
#pragma once

#define CGT_ROOT_CGROUP 1 /* its share: what all together may take */
/* In place of an id: cgroups whose ancestors the registry does not know, as one subtree. */
#define CGT_UNKNOWN_SUBTREE 0xffffffffffffffffULL

/* Slots of a subtree are shared out down to this depth below the root. */
#define CGT_SHARED_LEVELS 4
/* Names are followed up so far; a cgroup that lies deeper belongs to CGT_UNKNOWN_SUBTREE. */
#define CGT_DEEPEST_CGROUP 32

/*
 * What the cgroups below a cgroup have taken, by its id. Any CPU adds; the keeper reads, and
 * deletes the entries of subtrees without accounts. `made` is never set back otherwise.
 */
struct cgt_claims {
	__u64 made;   /* slots that were asked for, and granted */
	__u64 beyond; /* packets and super-packets on its account, for want of a share */
};
CGT_ASSERT(sizeof(struct cgt_claims) == 16, "no padding");

/*
 * What they may take, by the same id: only the keeper writes. Without an entry of the root nothing
 * is limited. A subtree without an entry may take a part of the root's `free`.
 */
struct cgt_share {
	__u64 allowed; /* up to this value of cgt_claims.made */
	__u64 free;    /* slots at the keeper's last look; only in the root's entry */
};
CGT_ASSERT(sizeof(struct cgt_share) == 16, "no padding");
