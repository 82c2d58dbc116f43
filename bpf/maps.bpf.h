/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every map, with who writes it, who reads it and why it has its type. Sizes are set by the loader
 * from the number of possible CPUs; all interfaces share the maps, but for the windows. Indexes are
 * CPU-major: a CPU's cells lie together.
 */
#pragma once

/*
 * The ledger. Key: cpu * slot_count + slot. Value: one account's counters on one CPU.
 * Written by that CPU alone, so no atomics; read by userspace through mmap, without system calls.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cgt_cell);
} cgt_cells SEC(".maps");

/*
 * Key: account and interface. Value: its slot.
 * Written by whichever CPU sees an account first (NOEXIST decides the race) and by the loader for
 * reasons. Preallocated: an insert in a softirq must not fail for want of memory. Never LRU:
 * eviction would lose money.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct cgt_key);
	__type(value, __u32);
} cgt_slots SEC(".maps");

/*
 * Slots that nobody uses. Filled by userspace; popped by the CPU that meets a new account. A queue,
 * because the atomic fetch-and-add that a plain counter would need came after 5.10.
 */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 1);
	__type(value, __u32);
} cgt_free SEC(".maps");

/*
 * Key: netns and address. Value: nothing of interest. "Ours" means the packet ends in this netns,
 * so that a socket found here may own it. Written by userspace from netlink; read on a cache miss.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, struct cgt_address);
	__type(value, __u8);
} cgt_addresses SEC(".maps");

#define ON_CACHE_LINES __attribute__((aligned(64)))

/*
 * The socket owner of a flow, believed within one jiffy. Spares the socket lookup for all but a
 * flow's first packet in that jiffy; what it admits is that a tuple owned anew within a jiffy
 * counts for its former owner until the jiffy ends.
 */
struct owner_entry {
	__u64 jiffy;
	__u64 cgroup_id;
	__u32 slot;	 /* of the cgroup on this interface */
	__u32 flow_kind; /* IP version and protocol */
	__u32 ports;
	__u32 pad;
	__u64 addresses[4]; /* as in struct packet; IPv4 needs the first only */
};
_Static_assert(sizeof(struct owner_entry) == 64, "one cache line");

/* Whether an address is ours, believed within one jiffy. */
struct address_entry {
	__u64 jiffy;
	struct cgt_address to;
	__u32 ours;
};

/* Whether NAT is possible in the netns that was last asked for, believed within one jiffy. */
struct nat_entry {
	__u64 jiffy;
	__u32 netns;
	__u32 possible;
};

/*
 * The window that a CPU was last told to be in, by whichever interface's packet. Reading the clock
 * costs more than the booking, so all interfaces share the answer.
 */
struct window_clock {
	__u64 jiffy; /* when it was read */
	__u64 window_index;
	__s64 left; /* bytes that may be booked before it is read again */
};

/*
 * Key: CPU. Value: what that CPU remembers for a moment, the clock and direct-mapped caches: one
 * lookup finds all of it. Nobody else reads it; mappable because only then does an array's memory
 * begin on a page, and so an entry on a cache line. Pinned, and during an upgrade two builds write
 * it side by side: a change of its layout is one of the ABI.
 */
struct cpu_memory {
	struct window_clock clock;
	struct nat_entry nat[2];	     /* IPv4, IPv6 */
	struct packet packet ON_CACHE_LINES; /* whose owner is being looked up */
	struct address_entry addresses[CGT_ADDRESS_CACHE_SIZE];
	__u32 slots[CGT_SLOT_CACHE_SIZE]; /* of accounts: a cell has its key, which proves a hit */
	struct owner_entry owners[CGT_OWNER_CACHE_SIZE] ON_CACHE_LINES;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* CPUs */
	__type(key, __u32);
	__type(value, struct cpu_memory);
} cgt_cpus SEC(".maps");

/*
 * Key: a local address and port where NAT may redirect. Value: what is known of where its packets
 * end. Written and read by any CPU on the slow path; a lost update is learned again. LRU: it is
 * knowledge, not money.
 */
struct port_key {
	struct cgt_address address;
	__u16 port; /* network byte order */
	__u8 protocol;
	__u8 version;
};

struct port_nat_state {
	struct bpf_sock_tuple pending_flow; /* the last flow that conntrack did not know */
	__u32 outcome;			    /* enum nat_outcome */
	__u64 pending_since;		    /* jiffy of pending_flow's packet; 0: none is pending */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct port_key);
	__type(value, struct port_nat_state);
} cgt_ports SEC(".maps");

/*
 * The windows of one interface. Key: row. Written by the row's CPU alone; read by userspace through
 * mmap.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* CPUs * 2 */
	__type(key, __u32);
	__type(value, struct cgt_window_row);
} cgt_windows SEC(".maps");
