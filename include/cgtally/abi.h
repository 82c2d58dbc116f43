/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The border between the BPF programs and userspace: every record that a map
 * holds and every constant that both sides must agree on. It compiles alone
 * as BPF C and as C++, and both compilers check its layout. Nothing else may
 * cross. A change of any layout here raises CGT_ABI_VERSION.
 */
#pragma once

#if !defined(__VMLINUX_H__) && !defined(__bpf__)
#include <linux/types.h>
#endif

#ifdef __cplusplus
#define CGT_ASSERT(expr, why) static_assert(expr, why)
#else
#define CGT_ASSERT(expr, why) _Static_assert(expr, why)
#endif

#define CGT_ABI_VERSION 1

/*
 * What bytes are booked on. A cgroup is named by its cgroup2 inode; every
 * other kind is a reason why no cgroup could be named, and has id 0.
 */
enum cgt_kind {
	CGT_CGROUP = 0,
	CGT_NOT_IP,    /* neither IPv4 nor IPv6 */
	CGT_FRAGMENT,  /* ingress, not the first fragment: no ports to look up */
	CGT_FORWARDED, /* on its way to or from somewhere else */
	CGT_CLOSING,   /* met a TIME_WAIT socket: its owner has let go */
	CGT_NO_SOCKET, /* our address, and nobody there */
	CGT_KERNEL,    /* the kernel itself: ICMP, neighbour discovery, resets */
	CGT_OVERFLOW,  /* the table was full: an owner exists, its slot does not */
	CGT_RETIRED,   /* folded totals of accounts that have ended */
	CGT_KINDS,
};

/* The pseudo-interface "(gone)": holds the folded totals of interfaces that no longer exist. */
#define CGT_GONE_IFACE 0xffffffffU

/* An account on an interface: the key of the slot hash, and of a cell. */
struct cgt_key {
	__u64 cgroup_id; /* 0 unless kind is CGT_CGROUP */
	__u32 iface;	 /* interface key, never 0 and never reused */
	__u32 kind;	 /* enum cgt_kind */
};
CGT_ASSERT(sizeof(struct cgt_key) == 16, "hashed as bytes: no padding");

/*
 * One account on one CPU: exactly one cache line. Only its own CPU writes the
 * counters (tc runs with bottom halves disabled), so they need no atomics.
 * iface == 0 means that this CPU has not used the slot yet. Behind the rows of
 * the CPUs lies one more, which only userspace writes: opening balances, and
 * the totals of what was folded. A total is the sum over all rows.
 */
struct cgt_cell {
	struct cgt_key key;
	__u64 rx_bytes;
	__u64 rx_packets;
	__u64 tx_bytes;
	__u64 tx_packets;
	__u64 reserved[2]; /* SYN and RST counts will live here */
};
CGT_ASSERT(sizeof(struct cgt_cell) == 64, "one cache line");

/* An address of a netns; IPv4 as an IPv4-mapped IPv6 address. */
struct cgt_address {
	__u32 netns;	  /* key issued by the loader, not an inode */
	__u32 address[4]; /* network byte order */
};
CGT_ASSERT(sizeof(struct cgt_address) == 20, "hashed as bytes: no padding");

/* Entries of one CPU in the direct-mapped caches. Powers of two. */
#define CGT_SLOT_CACHE_SIZE    2048
#define CGT_OWNER_CACHE_SIZE   4096
#define CGT_ADDRESS_CACHE_SIZE 64

/*
 * Windows: per interface, direction and CPU a ring of one-line cells. The sums
 * are cumulative (of this CPU, interface and direction, after the last packet
 * of the window) and never reset, so windows telescope, lapped or not.
 */
#define CGT_WINDOW_RING 256 /* cells; a power of two */
#define CGT_WINDOW_TOP	4

struct cgt_window_top {
	__u32 slot;
	__u32 bytes; /* at least so many, at most `error` more; 0: free */
};

struct cgt_window {
	__u64 window_index; /* CLOCK_BOOTTIME / window length; 0: never used */
	__u64 bytes;
	__u64 packets;
	__u32 seq;   /* odd while written */
	__u32 error; /* Misra-Gries: what each of `top` may lack */
	struct cgt_window_top top[CGT_WINDOW_TOP];
};
CGT_ASSERT(sizeof(struct cgt_window) == 64, "one cache line");

/* The windows of one CPU and direction; a CPU has two rows, row = cpu * 2 + direction (RX, TX). */
struct cgt_window_row {
	__u64 head; /* the window_index of the last window, which has the row's sums */
	__u64 reserved[7];
	struct cgt_window
		ring[CGT_WINDOW_RING]; /* the window of an window_index is at window_index % size */
};
CGT_ASSERT(sizeof(struct cgt_window_row) == (CGT_WINDOW_RING + 1) * 64, "on cache lines");

/* What happened to a cgroup of the unified hierarchy. */
enum cgt_cgroup_event_type {
	CGT_CGROUP_MADE = 1,
	CGT_CGROUP_REMOVED = 2,
};

#define CGT_PATH_MAX 4096

struct cgt_cgroup_event {
	__u64 cgroup_id;
	__u64 boot_ns;
	__u32 type;		 /* enum cgt_cgroup_event_type */
	__u32 path_len;		 /* bytes of path that follow, with the final NUL */
	char path[CGT_PATH_MAX]; /* below the cgroup2 root; only path_len bytes are sent */
};
CGT_ASSERT(sizeof(struct cgt_cgroup_event) == 24 + CGT_PATH_MAX, "path starts at 24");

#define CGT_REGISTRY_SIZE 65536 /* names, and deaths, that are remembered at once */

/* What the kernel side remembers of a cgroup, by its id: it outlives the cgroup. */
#define CGT_NAME_MAX 256 /* NAME_MAX and its NUL */

struct cgt_cgroup_name {
	__u64 parent_id;	 /* 0: none, it is the root */
	__u64 made_ns;		 /* CLOCK_BOOTTIME; 0: made before the ledger */
	char name[CGT_NAME_MAX]; /* the last component of its path */
};
CGT_ASSERT(sizeof(struct cgt_cgroup_name) == 272, "no padding");

/* Of a cgroup that was removed, by its id. */
struct cgt_removed_cgroup {
	__u64 removed_ns;  /* rmdir, CLOCK_BOOTTIME */
	__u64 released_ns; /* its last socket has closed; 0: not yet */
};
CGT_ASSERT(sizeof(struct cgt_removed_cgroup) == 16, "no padding");

/* Written when an account was folded: its last totals. A ring: entry seq is at seq % size. */
struct cgt_final_totals {
	__u64 seq;	  /* from 1; written last */
	__u64 retired_ns; /* CLOCK_BOOTTIME */
	struct cgt_key key;
	__u64 rx_bytes;
	__u64 rx_packets;
	__u64 tx_bytes;
	__u64 tx_packets;
};
CGT_ASSERT(sizeof(struct cgt_final_totals) == 64, "one cache line");

/*
 * A slot on its way out. The journal of the keeper: whoever comes after a killed one ends its work.
 */
enum cgt_retire_state {
	CGT_RETIRE_NONE = 0,
	CGT_RETIRE_LEAVING,	/* maybe still in the hash, and packets on their way to the slot */
	CGT_RETIRE_SUMMED,	/* `sum` and `retired` hold: assign them */
	CGT_RETIRE_QUARANTINED, /* folded; the slot is free once no window names it any more */
};

struct cgt_totals {
	__u64 rx_bytes;
	__u64 rx_packets;
	__u64 tx_bytes;
	__u64 tx_packets;
};

struct cgt_retire_entry {
	__u32 state; /* enum cgt_retire_state; written last when it rises, first when it falls */
	__u32 slot;
	struct cgt_key key; /* of the account that leaves */
	__u32 into_slot;    /* of the account that takes its totals */
	__u32 reserved;
	__u64 final_totals_seq;	       /* its seq, once summed */
	__u64 quarantined_until_ns;    /* CLOCK_BOOTTIME; 0: the rest has not been timed yet */
	struct cgt_totals sum;	       /* of the account */
	struct cgt_totals into_totals; /* what `into_slot` holds when the fold is done */
};
CGT_ASSERT(sizeof(struct cgt_retire_entry) == 112, "no padding");

#define CGT_RETIRE_ENTRIES 1024
#define CGT_MAGIC	   0x796c6c6174676321ULL /* "!cgtally" */

enum cgt_ledger_state {
	CGT_LEDGER_MAKING = 0,
	CGT_LEDGER_UP,
	CGT_LEDGER_DOWN,      /* nothing is attached; the totals are kept */
	CGT_LEDGER_FORGOTTEN, /* unpinned: whoever reads it opens anew */
	CGT_LEDGER_MOVED,     /* the totals live on under a newer ABI */
};

/*
 * One for each ledger. Its first part, up to `interfaces_seq`, describes the ledger to programs of
 * any later ABI and never changes; nor do cgt_key, cgt_totals, cgt_retire_entry and the names of
 * the maps.
 */
struct cgt_header {
	__u64 magic;
	__u32 abi;
	__u32 slots;
	__u32 rows; /* of cells: possible CPUs and one more */
	__u32 cell_bytes;
	__u32 cell_key;	   /* offset of the cgt_key */
	__u32 cell_totals; /* offset of the cgt_totals */
	__u32 journal_at;  /* offset of the journal in this header */
	__u32 journal_entries;
	__u32 state; /* enum cgt_ledger_state */
	__u32 stop;  /* asks the keeper to end */
	__u64 id[2]; /* random: changes when totals begin again */
	__u64 made_boot_ns;
	__u64 made_wall_ns;
	__u32 last_iface; /* keys that were issued */
	__u32 last_netns;

	__u64 interfaces_seq; /* rises with each change of the interfaces map */
	__u64 window_ns;
	__u32 clock_read_bytes;	    /* the clock is read again after so many */
	__u32 final_totals_entries; /* entries */
	__u64 retire_generation;    /* odd while folding: readers try again */
	__u64 final_totals_written; /* written so far */
	__s32 keeper_pid;	    /* as it sees itself; 0: none. The lock decides, not this. */
	__u32 gone_slot;	    /* of (retired) on the pseudo-interface (gone) */
	__u64 kept_boot_ns;	    /* when a keeper last looked after it */
	__u64 imported_abi;	    /* whose totals are in here as opening balances; 0: nobody's */
	struct cgt_retire_entry journal[CGT_RETIRE_ENTRIES];
};
CGT_ASSERT(__builtin_offsetof(struct cgt_header, interfaces_seq) == 88, "what every ABI can read");

#define CGT_IFACE_NAME	16  /* IFNAMSIZ */
#define CGT_NETNS_LABEL 128 /* longer ones are cut: the inode decides */

enum cgt_hook_kind {
	CGT_HOOK_NONE = 0, /* not attached */
	CGT_HOOK_TCX,
	CGT_HOOK_CLSACT,
};

/*
 * An interface that was ever counted and is not folded yet, by its key. Only userspace uses it.
 * Later ABIs only append.
 */
struct cgt_interface {
	__u64 netns_inode;
	__s32 ifindex;
	__u32 hook;	     /* enum cgt_hook_kind */
	__u32 preference[2]; /* of the clsact filters: ingress, egress */
	__u32 program_id[2];
	__u32 made_qdisc; /* the clsact qdisc is ours to remove */
	__u32 ethernet;	  /* frames begin with an Ethernet header */
	__u64 from_boot_ns;
	__u64 from_wall_ns;
	__u64 to_boot_ns;      /* 0: counted now */
	__u32 reason_slot[16]; /* by enum cgt_kind */
	char name[CGT_IFACE_NAME];
	char netns[CGT_NETNS_LABEL]; /* as --netns said; empty for the keeper's own */
	__u64 gaps;		     /* how often a hook of ours was lost and attached again */
	__u64 gap_ns;		     /* how long nobody counted then, at most */
	struct cgt_totals device;    /* the device's own counters at `from` */
	__u32 next_program_id[2]; /* written before they are hung, where `program_id` hangs now */
	__u64 netns_cookie; /* tells netns of the same inode apart; 0: the kernel (before 5.14) does
			       not */
};
