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
 * iface == 0 means that this CPU has not used the slot yet.
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

/*
 * Entries of one CPU in the direct-mapped caches; userspace multiplies by the possible CPUs. Powers
 * of two.
 */
#define CGT_SLOT_WAYS	 2048
#define CGT_OWNER_WAYS	 4096
#define CGT_ADDRESS_WAYS 64

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
