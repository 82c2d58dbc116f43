/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The part of the ABI that tells of the beginnings and ends of cgroups, and of what came for them
 * afterwards. abi.h includes it.
 */
#pragma once

/*
 * An address and port that a socket took packets for, as the uplink's netns sees them: of a
 * listener, or of a UDP socket. The value is the id of the cgroup that had it last.
 */
struct cgt_service {
	struct cgt_address address;
	__u16 port; /* network byte order */
	__u8 protocol;
	__u8 version;
};
CGT_ASSERT(sizeof(struct cgt_service) == 24, "hashed as bytes: no padding");

#define CGT_SERVICES 16384

/*
 * Packets to a service of a cgroup that no socket takes any more. Any CPU adds to it; the times are
 * CLOCK_BOOTTIME, and 0 before the first packet.
 */
struct cgt_late {
	__u64 packets;
	__u64 payload_bytes;
	__u64 syn;    /* of the packets: SYN without ACK */
	__u64 resets; /* RST sent from such a service: refusals */
	__u64 first_ns;
	__u64 last_ns;
};

/*
 * The life of a cgroup, by its id: when its first process came and when the last one left (a new
 * process begins another life), and what still came for it. `late_at_end` is `late` as it was then:
 * an exiting process closes its sockets some time before it leaves its cgroup.
 */
struct cgt_life {
	__u64 parent_id;
	__u64 begun_ns; /* CLOCK_BOOTTIME; 0: before the ledger */
	__u64 ended_ns; /* 0: it has processes, or never had one */
	__u64 removed_ns;
	struct cgt_late late;
	struct cgt_late late_at_end;
};
CGT_ASSERT(sizeof(struct cgt_life) == 128, "two cache lines");

#define CGT_LIVES 16384
