/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Settings of a pair of programs, written into .rodata before they are loaded. The verifier sees
 * constants, and removes branches that this kernel or these interfaces do not need. To verify the
 * programs takes a fifth of a second, so the interfaces of a netns share them: what differs between
 * those is in cgt_interfaces_here.
 */
#pragma once

const volatile __u32 netns_key = 0;  /* the netns whose addresses are ours */
const volatile __u32 slot_count = 0; /* cells of each CPU */

const volatile __u64 window_ns = 0;	   /* 0: no windows are kept */
const volatile __u32 clock_read_bytes = 0; /* counted between two reads of the clock */
const volatile __u32 flow_jiffies = 0;	   /* an established flow's owner is cached so long: 1 s */

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
