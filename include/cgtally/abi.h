/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The border between the BPF programs and userspace: every record that a map holds and every
 * constant that both sides must agree on. It compiles alone as BPF C and as C++, and both compilers
 * check its layout. A change of any layout here raises CGT_ABI_VERSION.
 *
 * A slot is the index of one account on one interface.
 * A cell holds the counters of one slot on one CPU.
 * A row is all cells of one CPU: cell (row, slot) is at row * slots + slot. The last row belongs to
 * userspace. docs/internals/ledger-format.md describes the whole.
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

#define CGT_ABI_VERSION 7

/*
 * The kinds of accounts. A cgroup is identified by its cgroup2 inode; every other kind is a reason
 * why a packet has no cgroup, and has id 0. CGT_FOLDED is neither: it belongs to a cgroup, and only
 * userspace adds to it.
 */
enum cgt_kind {
	CGT_CGROUP = 0,
	CGT_NOT_IP,    /* neither IPv4 nor IPv6 */
	CGT_FRAGMENT,  /* ingress, not the first fragment: it has no ports */
	CGT_FORWARDED, /* does not end in this netns, or does not begin here */
	CGT_CLOSING,   /* its connection is in TIME_WAIT: the owner has closed it */
	CGT_NO_SOCKET, /* to one of our addresses, but no socket takes it */
	CGT_KERNEL,    /* sent or taken by the kernel: ICMP, neighbour discovery, resets */
	CGT_OVERFLOW,  /* all slots were taken when its cgroup was first seen */
	CGT_RETIRED,   /* totals of accounts that have been retired */
	CGT_TUNNEL,    /* encapsulated (VXLAN, IPIP, GRE, ESP...), and the owner is not known */
	CGT_SEVERAL,   /* one or all of several sockets take it, and their cgroups differ */
	CGT_FOLDED,    /* no reason: totals of idle accounts below a cgroup, without slots now */
	CGT_KINDS,
};

/* The pseudo-interface "(gone)": holds the totals of interfaces that no longer exist. */
#define CGT_GONE_IFACE 0xffffffffU

/* An account on an interface: the key of cgt_slots, repeated in each of its cells. */
struct cgt_key {
	__u64 cgroup_id; /* 0 unless kind is CGT_CGROUP or CGT_FOLDED */
	__u32 iface;	 /* interface key; never 0, never reused */
	__u32 kind;	 /* enum cgt_kind */
};
CGT_ASSERT(sizeof(struct cgt_key) == 16, "hashed as bytes: no padding");

/*
 * The counters of one account on one CPU: exactly one cache line. Only this CPU writes them (tc
 * runs with bottom halves disabled), so they need no atomics. key.iface == 0: this CPU has not used
 * the slot yet. After the rows of the CPUs there is one that only userspace writes: opening
 * balances, and the totals of retired accounts. An account's total is the sum over all rows.
 */
struct cgt_cell {
	struct cgt_key key;
	__u64 rx_bytes;
	__u64 rx_packets;
	__u64 tx_bytes;
	__u64 tx_packets;
	__u64 rx_no_payload; /* of the packets: TCP segments that carry no data */
	__u64 tx_no_payload;
};
CGT_ASSERT(sizeof(struct cgt_cell) == 64, "one cache line");

/*
 * What the packets of one slot on one CPU say of connections; at the index of the slot's cell. Not
 * in the cell, because few packets have these flags, and 32 bits would overflow.
 */
struct cgt_handshakes {
	__u64 rx_syn; /* without ACK: connections that others asked for, each try */
	__u64 tx_syn;
	__u64 rx_rst;
	__u64 tx_rst;
};
CGT_ASSERT(sizeof(struct cgt_handshakes) == 32, "half a cache line");

/* An address of a netns. An IPv4 address is stored as an IPv4-mapped IPv6 address. */
struct cgt_address {
	__u32 netns;	  /* netns key, issued by the loader; not an inode */
	__u32 address[4]; /* network byte order */
};
CGT_ASSERT(sizeof(struct cgt_address) == 20, "hashed as bytes: no padding");

/*
 * What lies behind an address of another netns that this one forwards to: a pod's or a container's.
 */
struct cgt_endpoint {
	__u64 cgroup_id;   /* of the pod, or of the only container; 0: not known */
	__s32 nsid;	   /* the id of its netns in the uplink's netns; below 0: it has none */
	__u32 netns_inode; /* 0: not known. An id that is free is the next netns' at once */
};
CGT_ASSERT(sizeof(struct cgt_endpoint) == 16, "written whole");

/*
 * The entry with this bit in its netns key and no address tells, in `cgroup_id`, the boot time at
 * which a process last kept the endpoints of that netns right. Later than that by more than
 * CGT_ENDPOINTS_VALID_NS none of them is believed: an address may be another pod's by now.
 */
#define CGT_ENDPOINTS_KEPT     0x80000000U
#define CGT_ENDPOINTS_VALID_NS 5000000000LL

/* The device in the uplink's netns that leads to an endpoint: the host's end of a veth. */
struct cgt_endpoint_device {
	__u32 netns; /* netns key */
	__u32 ifindex;
};
CGT_ASSERT(sizeof(struct cgt_endpoint_device) == 8, "hashed as bytes: no padding");

/* Entries of each CPU's caches. Powers of two. */
#define CGT_SLOT_CACHE_SIZE    2048
#define CGT_OWNER_CACHE_SIZE   4096
#define CGT_ADDRESS_CACHE_SIZE 256
#define CGT_MAC_CACHE_SIZE     16
#define CGT_TAUGHT_CACHE_SIZE  256
#define CGT_PASSAGE_CACHE_SIZE 256
#define CGT_MASTER_CACHE_SIZE  64

/*
 * How often TCP sockets have left the state ESTABLISHED, by a hash of their ports. Rises only, and
 * wraps. The owner cache compares it; nobody else reads it.
 */
#define CGT_TCP_CHANGE_BITS    10
#define CGT_TCP_CHANGE_BUCKETS (1 << CGT_TCP_CHANGE_BITS)

struct cgt_tcp_changes {
	__u32 count[CGT_TCP_CHANGE_BUCKETS];
};
CGT_ASSERT(sizeof(struct cgt_tcp_changes) == 4096, "one page");

/*
 * Windows: a ring for each interface, direction and CPU, of one cache line each. The sums are
 * cumulative: what this CPU has counted for the interface and direction up to the window's last
 * packet. They are never reset, so the difference of any two windows is the traffic between them,
 * even if those in between were overwritten. docs/internals/windows.md describes readers.
 */
#define CGT_WINDOW_RING 256 /* windows; a power of two */
#define CGT_WINDOW_TOP	4

struct cgt_window_top {
	__u32 slot;
	__u32 bytes; /* at least this many, at most `error` more; 0: unused entry */
};

struct cgt_window {
	__u64 window_index; /* CLOCK_BOOTTIME / window length; 0: never used */
	__u64 bytes;
	__u64 packets;
	__u32 seq;   /* odd while the window is being written */
	__u32 error; /* Misra-Gries: at most this is missing in each of `top` */
	struct cgt_window_top top[CGT_WINDOW_TOP];
};
CGT_ASSERT(sizeof(struct cgt_window) == 64, "one cache line");

/* The windows of one CPU and direction; a CPU has two rows, row = cpu * 2 + direction (RX, TX). */
struct cgt_window_row {
	__u64 head; /* index of the last window, which has the row's sums */
	__u64 reserved[7];
	struct cgt_window ring[CGT_WINDOW_RING]; /* a window is at window_index % CGT_WINDOW_RING */
};
CGT_ASSERT(sizeof(struct cgt_window_row) == (CGT_WINDOW_RING + 1) * 64, "on cache lines");

/* An event of a cgroup of the unified hierarchy. */
enum cgt_cgroup_event_type {
	CGT_CGROUP_MADE = 1,
	CGT_CGROUP_REMOVED = 2,
	CGT_CGROUP_BEGUN = 3, /* its first process came */
	CGT_CGROUP_ENDED = 4, /* its last process left */
};

/*
 * The kernel's tracepoints cut a path to this, with its NUL: TRACE_CGROUP_PATH_LEN, the same from
 * 5.10 on.
 */
#define CGT_PATH_MAX 1024

struct cgt_cgroup_event {
	__u64 cgroup_id;
	__u64 boot_ns;
	/* 0: `path` is whole. Otherwise the kernel has cut the path: it is `path` below this
	 * cgroup. */
	__u64 parent_id;
	__u32 type;		 /* enum cgt_cgroup_event_type */
	__u32 path_len;		 /* bytes of path that follow, with the final NUL */
	char path[CGT_PATH_MAX]; /* below the cgroup2 root; only path_len bytes are sent */
};
CGT_ASSERT(sizeof(struct cgt_cgroup_event) == 32 + CGT_PATH_MAX, "path starts at 32");

#define CGT_REGISTRY_SIZE 65536 /* entries of each of the registry's two maps */

/* The registry's entry of a cgroup, by its id. It outlives the cgroup. */
#define CGT_NAME_MAX 256 /* NAME_MAX and its NUL */

struct cgt_cgroup_name {
	__u64 parent_id;	 /* 0: this is the root */
	__u64 made_ns;		 /* CLOCK_BOOTTIME; 0: older than the ledger */
	char name[CGT_NAME_MAX]; /* the last component of its path */
};
CGT_ASSERT(sizeof(struct cgt_cgroup_name) == 272, "no padding");

/* The removal of a cgroup, by its id. */
struct cgt_removed_cgroup {
	__u64 removed_ns;  /* rmdir, CLOCK_BOOTTIME */
	__u64 released_ns; /* when its last socket closed; 0: not yet */
};
CGT_ASSERT(sizeof(struct cgt_removed_cgroup) == 16, "no padding");

#include "lives.h"
#include "shares.h"

/*
 * What a container's cgroup is called, by its id. The keeper writes it when the cgroup is made or
 * first seen, and readers find it when the runtime's files are gone. Only userspace uses it.
 */
#define CGT_OWNER_NAMES 16384
#define CGT_OWNER_TEXT	1016

struct cgt_owner_name {
	__u64 seen_ns; /* CLOCK_BOOTTIME: the oldest go first when room is short */
	/* Container, pod, namespace, escaped; the cgroup's raw path. A NUL ends each; a path that
	 * does not fit is empty. */
	char text[CGT_OWNER_TEXT];
};
CGT_ASSERT(sizeof(struct cgt_owner_name) == 1024, "no padding");

/* What a slot has besides struct cgt_totals: of its cells and of its handshakes. */
struct cgt_tcp_totals {
	__u64 rx_no_payload;
	__u64 tx_no_payload;
	struct cgt_handshakes handshakes;
};
CGT_ASSERT(sizeof(struct cgt_tcp_totals) == 48, "no padding");

/* The totals of an account when it was retired. A ring: entry `seq` is at seq % size. */
struct cgt_final_totals {
	__u64 seq;	   /* from 1; written last */
	__u64 folded_into; /* the cgroup whose CGT_FOLDED has them now; 0: they are in (retired) */
	struct cgt_key key;
	__u64 rx_bytes;
	__u64 rx_packets;
	__u64 tx_bytes;
	__u64 tx_packets;
	struct cgt_tcp_totals tcp;
	__u64 retired_ns; /* CLOCK_BOOTTIME */
	__u64 reserved;
};
CGT_ASSERT(sizeof(struct cgt_final_totals) == 128, "two cache lines");

/*
 * The states of an entry of the retire journal, in order. After a kill, the next keeper finishes
 * each entry from its state.
 */
enum cgt_retire_state {
	CGT_RETIRE_NONE = 0,
	CGT_RETIRE_LEAVING, /* maybe still in cgt_slots; packets may still be counted on the slot */
	CGT_RETIRE_SUMMED,  /* `sum` and `into_totals` are final: assign them */
	CGT_RETIRE_QUARANTINED, /* retired; the slot is free once no window names it */
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
	struct cgt_key key; /* of the account that is retired */
	__u32 into_slot;    /* of the account that takes the totals */
	__u32 reserved;
	__u64 final_totals_seq;	       /* `seq` of its final totals, once summed */
	__u64 quarantined_until_ns;    /* CLOCK_BOOTTIME; 0: not set yet */
	struct cgt_totals sum;	       /* totals of the account */
	struct cgt_totals into_totals; /* what `into_slot` holds afterwards */
};
CGT_ASSERT(sizeof(struct cgt_retire_entry) == 112, "no padding");

/* The rest of an entry, assigned together with `sum` and `into_totals`. */
struct cgt_retire_tcp {
	struct cgt_tcp_totals sum;
	struct cgt_tcp_totals into_totals;
};
CGT_ASSERT(sizeof(struct cgt_retire_tcp) == 96, "no padding");

#define CGT_RETIRE_ENTRIES 1024
#define CGT_MAGIC	   0x796c6c6174676321ULL /* "!cgtally" */

enum cgt_ledger_state {
	CGT_LEDGER_MAKING = 0,
	CGT_LEDGER_UP,
	CGT_LEDGER_DOWN,      /* nothing is attached; the totals are kept */
	CGT_LEDGER_FORGOTTEN, /* unpinned: readers must open the new ledger */
	CGT_LEDGER_MOVED,     /* the totals are in a ledger of a newer ABI */
};

/*
 * One for each ledger. The part before `interfaces_seq` describes the ledger to processes of any
 * later ABI and never changes; nor do cgt_key, cgt_totals, cgt_retire_entry and the map names.
 */
struct cgt_header {
	__u64 magic;
	__u32 abi;
	__u32 slots;
	__u32 rows; /* possible CPUs and one more */
	__u32 cell_bytes;
	__u32 cell_key;	   /* offset of the cgt_key */
	__u32 cell_totals; /* offset of the cgt_totals */
	__u32 journal_at;  /* offset of the journal in this header */
	__u32 journal_entries;
	__u32 state; /* enum cgt_ledger_state */
	__u32 stop;  /* asks the keeper to end */
	__u64 id[2]; /* random: a new ledger has another */
	__u64 made_boot_ns;
	__u64 made_wall_ns;
	__u32 last_iface; /* the last interface key that was issued */
	__u32 last_netns;

	__u64 interfaces_seq; /* rises with each change of the interfaces map, and each slot that
				 userspace takes */
	__u64 window_ns;
	__u32 clock_read_bytes;	    /* bytes counted between two reads of the clock */
	__u32 final_totals_entries; /* entries */
	__u64 retire_generation;    /* odd while totals move: readers try again */
	__u64 final_totals_written; /* `seq` of the last one */
	__s32 keeper_pid; /* in its own PID namespace; 0: no keeper. The lock decides, not this. */
	__u32 gone_slot;  /* of (retired) on (gone) */
	__u64 kept_boot_ns; /* when a keeper last worked */
	__u64 imported_abi; /* the ABI whose totals are in here as opening balances; 0: none */
	__u64 folded;	    /* how many idle accounts have given up their slots */
	__u32 last_move;    /* number of the last move of a filter to the head of its preference */
	__u32 reserved;
	struct cgt_retire_entry journal[CGT_RETIRE_ENTRIES];
	struct cgt_retire_tcp journal_tcp[CGT_RETIRE_ENTRIES]; /* belongs to `journal` */
};
CGT_ASSERT(__builtin_offsetof(struct cgt_header, interfaces_seq) == 88, "what every ABI can read");

#define CGT_IFACE_NAME	16  /* IFNAMSIZ */
#define CGT_NETNS_LABEL 128 /* longer names are cut: the inode identifies the netns */

enum cgt_hook_kind {
	CGT_HOOK_NONE = 0, /* not attached */
	CGT_HOOK_TCX,
	CGT_HOOK_CLSACT,
};

/*
 * An interface that was ever counted and is not retired yet, by its key. Only userspace uses it.
 * Later ABIs only append.
 */
struct cgt_interface {
	__u64 netns_inode;
	__s32 ifindex;
	__u32 hook;	     /* enum cgt_hook_kind */
	__u32 preference[2]; /* of the clsact filters: ingress, egress */
	__u32 program_id[2];
	__u32 made_qdisc; /* we made the clsact qdisc, and remove it */
	__u32 ethernet;	  /* frames begin with an Ethernet header */
	__u64 from_boot_ns;
	__u64 from_wall_ns;
	__u64 to_boot_ns;      /* 0: is counted now */
	__u32 reason_slot[16]; /* by enum cgt_kind */
	char name[CGT_IFACE_NAME];
	char netns[CGT_NETNS_LABEL]; /* as given to --netns; empty for the keeper's own */
	__u64 gaps;		     /* how often one of our hooks was lost and attached again */
	__u64 gap_ns;		     /* for how long at most packets were then not counted */
	struct cgt_totals device;    /* the device's own counters at `from` */
	__u32 next_program_id[2];    /* about to replace `program_id`; written before that */
	__u64 netns_cookie; /* tells netns apart that had the same inode; 0: kernel before 5.14 */
	__u64 displaced;    /* how often another filter was put before ours, and ours moved back */
	__u64 displaced_ns; /* for how long at most ours then did not come first */
};

/*
 * What the keeper was asked to count: one --iface or --netns, by its place in that list. Only
 * userspace uses it.
 */
enum cgt_chosen_kind {
	CGT_CHOSEN_IFACE = 1,
	CGT_CHOSEN_NETNS,
};

#define CGT_CHOSEN_ENTRIES 256

struct cgt_chosen {
	__u32 kind;	/* enum cgt_chosen_kind */
	__u32 ended;	/* a process that has ended: its netns does not come back */
	char text[248]; /* as the user wrote it; longer ones are cut */
};
CGT_ASSERT(sizeof(struct cgt_chosen) == 256, "no padding");
