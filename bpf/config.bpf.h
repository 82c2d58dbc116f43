/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Settings of one interface, written into .rodata before the programs are loaded for it. The
 * verifier sees constants, and removes branches that this kernel or this interface does not need.
 */
#pragma once

const volatile __u32 iface_key = 0;  /* never 0 once loaded */
const volatile __u32 netns_key = 0;  /* the netns whose addresses are ours */
const volatile __u32 slot_count = 0; /* cells of each CPU */

const volatile __u64 window_ns = 0;	   /* 0: no windows are kept */
const volatile __u32 clock_read_bytes = 0; /* counted between two reads of the clock */
const volatile __u32 flow_jiffies = 0;	   /* an established flow's owner is cached so long: 1 s */

/*
 * The slots of the reasons, by enum cgt_kind; reserved before attaching. [CGT_CGROUP] is unused.
 * The size is a power of two, so that a mask bounds the index.
 */
#define REASON_SLOTS 16
_Static_assert(CGT_KINDS <= REASON_SLOTS, "every reason has a slot");
const volatile __u32 reason_slot[REASON_SLOTS] = {};

/* 0: the packet begins with its IP header (tun, WireGuard) */
const volatile __u8 l2_has_ethernet = 1;
const volatile __u8 have_rdonly_cast = 0; /* kfunc bpf_rdonly_cast, 6.2 */
const volatile __u8 have_conntrack = 0; /* kfunc bpf_skb_ct_lookup, 5.18 with nf_conntrack loaded */

/*
 * The number of a move of our filter to the head of its preference, in which two of our programs
 * see a packet: the one at the head leads, the old one follows until it is deleted. 0: no move.
 */
const volatile __u32 leads_move = 0;
const volatile __u32 follows_move = 0;

/*
 * With PREEMPT_RT, softirqs run in threads that can be preempted: another packet may then write the
 * same CPU's cell. Counters are added atomically there, and nothing is cached.
 */
const volatile __u8 preempt_rt = 0;
