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

/*
 * The state of an aftermath. Of the last five the observation has ended; CUT is written by the
 * keeper after one that was killed meanwhile.
 */
enum cgt_aftermath_state {
	CGT_AFTERMATH_WATCHING = 0,
	CGT_AFTERMATH_QUIET = 1,    /* nothing came and nothing was refused for some seconds */
	CGT_AFTERMATH_REPLACED = 2, /* another container began there, and nothing is refused */
	CGT_AFTERMATH_GONE = 3,	    /* no process is left in the netns */
	CGT_AFTERMATH_LIMIT = 4,    /* it still went on when the observation had its full length */
	CGT_AFTERMATH_CUT = 5,	    /* the observer ended first: what came later is not known */
};

/* The counters of the netns could not be read: refused, resets and aborted are not known. */
#define CGT_AFTERMATH_NO_COUNTERS 1
/* They had not been read before the end: what happened before the first look is not known. */
#define CGT_AFTERMATH_NO_BASE 2

/*
 * A pod after one of its containers had ended, by the id of that container's cgroup: what its
 * siblings, the other containers in its netns, still took, and what that netns' TCP refused. Times
 * are ns after the end, unless CLOCK_BOOTTIME is said; -1: it did not happen. Only userspace uses
 * it.
 */
#define CGT_AFTERMATHS 4096

struct cgt_aftermath {
	__u64 ended_ns; /* CLOCK_BOOTTIME */
	__u64 netns;	/* its inode */
	__u32 state;	/* enum cgt_aftermath_state */
	__u32 flags;
	__u32 siblings; /* containers that lived on */
	__u32 reserved;
	__u64 base_before_ns; /* the netns' counters were read last so long before the end */
	__u64 looked_ns;      /* first look */
	__u64 watched_ns;     /* last look */
	__u64 resolution_ns;  /* the longest time between two looks in which one was refused */
	/* What the siblings took and sent, from the first look. */
	__u64 rx_bytes;
	__u64 rx_packets;
	__u64 tx_bytes;
	__u64 tx_packets;
	__u64 rx_connections;
	__u64 tx_connections;
	__u64 rx_data_packets;
	__u64 tx_data_packets;
	__s64 first_traffic_ns; /* received, by the looks */
	__s64 last_traffic_ns;
	/* Of the netns, from the base. */
	__u64 refused;		     /* AttemptFails: connections that were asked for in vain */
	__u64 resets;		     /* OutRsts */
	__u64 aborted;		     /* EstabResets: established connections that were reset */
	__u64 refused_by_first_look; /* of `refused`: when, is known only by base_before_ns */
	__s64 first_refused_ns;	     /* the looks after which and ... */
	__s64 last_refused_ns;	     /* ... at which it was seen */
	/* In the unbroken run of refusals up to the base, which is no part of `refused`. */
	__u64 refused_before;
	__u64 refused_before_ns; /* how long before the end that run began */
	/* Of `refused`, where programs at the netns' `lo` tell (--lo): what the port refused that
	 * refused most, and the cgroup whose connections these were. 0: not known. */
	__u64 named;
	__u64 caller_id;
	__u32 port; /* host byte order */
	__u32 reserved_2;
};
CGT_ASSERT(sizeof(struct cgt_aftermath) == 232, "no padding");

/* Who was refused a connection in a netns, and at which port. */
#define CGT_REFUSALS 8192

struct cgt_refusal_key {
	__u64 caller_id; /* cgroup of the socket that asked for it */
	__u32 netns;	 /* inode */
	__u16 port;	 /* network byte order */
	__u16 reserved;
};
CGT_ASSERT(sizeof(struct cgt_refusal_key) == 16, "hashed as bytes: no padding");

struct cgt_refusal {
	__u64 count;
	__u64 first_ns; /* CLOCK_BOOTTIME */
	__u64 last_ns;
};
