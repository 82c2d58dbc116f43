/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every map, with its writers, its readers and the reason for its type. The loader sets sizes from
 * the number of possible CPUs. All interfaces share the maps, except for the windows. Indexes are
 * CPU-major: the cells of a CPU lie together.
 */
#pragma once

/*
 * Key: cpu * slot_count + slot. Value: one account's counters on one CPU. Written by that CPU
 * alone, so without atomics; read by userspace through mmap, without system calls.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cgt_cell);
} cgt_cells SEC(".maps");

/* Key, writers and reader as of cgt_cells. Only packets with SYN or RST are counted here. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cgt_handshakes);
} cgt_handshakes SEC(".maps");

/*
 * Key: an address and port, as packets on the uplink name it. Value: the id of the cgroup that took
 * packets for it last. Written by any CPU that meets a SYN for a listener, or a flow of UDP that is
 * new to it; read for packets that no socket takes. LRU: evicting an entry loses no bytes.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, CGT_SERVICES);
	__type(key, struct cgt_service);
	__type(value, __u64);
} cgt_services SEC(".maps");

/*
 * Key: account and interface. Value: its slot.
 * Written by the first CPU that sees an account (NOEXIST decides a race) and by the loader for
 * reasons. Preallocated: an insert in a softirq must not fail for lack of memory. Not LRU: an
 * evicted account would lose its bytes.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct cgt_key);
	__type(value, __u32);
} cgt_slots SEC(".maps");

/*
 * Free slots. Filled by userspace; popped by the CPU that meets a new account. A queue, because a
 * plain counter needs an atomic fetch-and-add, which BPF has since 5.12 only.
 */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 1);
	__type(value, __u32);
} cgt_free SEC(".maps");

/*
 * Key: netns and address. The value is not used. A packet to such an address ends in this netns, so
 * a socket found here may own it. Written by userspace from netlink; read on a cache miss.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, struct cgt_address);
	__type(value, __u8);
} cgt_addresses SEC(".maps");

/*
 * Key: netns and address. Value: the pod or container behind it; and for each netns the time at
 * which somebody kept this right (CGT_ENDPOINTS_KEPT). Written by userspace from netlink; read once
 * in a jiffy for each address that is not this netns' own.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, struct cgt_address);
	__type(value, struct cgt_endpoint);
} cgt_endpoints SEC(".maps");

/*
 * Key: the host's end of a veth. Value: the id of the cgroup of the pod at its other end. Written
 * by userspace; read for a packet of that pod whose socket is not known any more.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 16384);
	__type(key, struct cgt_endpoint_device);
	__type(value, __u64);
} cgt_endpoint_devices SEC(".maps");

#define ON_CACHE_LINES __attribute__((aligned(64)))

/* The owner of a flow, and how long to believe it (owner/owner_cache.bpf.h). */
struct owner_entry {
	__u64 owner;	 /* the cgroup's id, or reason_here() */
	__u64 belief;	 /* owner/belief.bpf.h */
	__u32 jiffy;	 /* of the lookup; the low half */
	__u32 slot;	 /* of the owner on this interface */
	__u16 flow_kind; /* IP version and protocol; 0: the entry has ended */
	__u16 seen;	 /* the jiffy in which the UDP socket was looked at; the low quarter */
	union {
		__u32 ports;
		__u32 generation; /* of a local owner */
	};
	__u64 addresses[4]; /* as in struct packet; IPv4 needs the first only */
};
_Static_assert(sizeof(struct owner_entry) == 64, "one cache line");

/* An established TCP connection over IPv4 to an address of ours (owner/connections.bpf.h). */
struct connection {
	__u64 peer;    /* its address and, in the upper half, both ports */
	__u32 changes; /* of the ports' bucket, from before the lookup (tcp_changes.bpf.h) */
	__u32 owner;   /* index of the local owner and, in the other bits, its generation */
};

#define LOCAL_OWNERS	    256
#define CONNECTION_LINES    512
#define CONNECTIONS_OF_LINE 4
_Static_assert(sizeof(struct connection) * CONNECTIONS_OF_LINE == 64, "one cache line");

/*
 * The answer whose an address is, valid for one jiffy. That routing forwards the address is asked
 * again only after FOREIGN_JIFFIES: on a host with many routing rules the question is expensive.
 */
struct address_entry {
	__u64 jiffy;
	__u64 routed_at; /* the jiffy in which routing said foreign; 0: it did not */
	struct cgt_address to;
	__u32 whose;		      /* enum whose */
	struct cgt_endpoint endpoint; /* if found: ADDRESS_FOREIGN, and `is_endpoint` */
	__u32 is_endpoint;
	__u32 pad;
};

/* The answer whether a MAC address belongs to a device above `ifindex`, valid for one jiffy. */
struct mac_entry {
	__u64 jiffy;
	__u64 mac;
	__u32 ifindex;
	__u32 above;
};

/* An answer about the netns or interface (by its key) that was asked for last, for one jiffy. */
struct fact_entry {
	__u64 jiffy;
	__u32 key;
	__u32 answer;
};

/* A packet on its way from a pod's veth to an uplink (owner/passage.bpf.h). */
struct passage {
	__u64 skb;	 /* which sk_buff: its distance from this CPU's memory */
	__u64 cgroup_id; /* of the socket that sent it; 0: not known */
	__u64 jiffy;
	__u32 device;	  /* ifindex of the host's end of the veth */
	__u32 in_ifindex; /* what the uplink will see as the packet's ingress_ifindex */
	__u32 counted_on; /* key of the last interface that counted it */
	__u32 fragment;	  /* which fragment of which datagram; 0: whole */
};

/* The ifindex under which what comes in on `ifindex` is routed, valid for one jiffy. */
struct master_entry {
	__u64 jiffy;
	__u32 ifindex;
	__u32 master;
};

/* A flow that egress taught in this jiffy (owner/taught.bpf.h). */
struct taught_entry {
	__u64 jiffy;
	__u32 hash;
	__u32 pad;
};

/*
 * The window of a CPU's last clock read. A clock read costs more than counting the packet, so all
 * interfaces share its result.
 */
struct window_clock {
	__u64 jiffy; /* of the read */
	__u64 window_index;
	__s64 left; /* bytes that may be counted before the next read */
};

/* How many bytes that is, and how many were counted in the window of the last read before it. */
struct clock_gate {
	__u64 bytes_between_reads;
	__u64 bytes_in_window;
};

/*
 * Key: CPU. Value: that CPU's clock and caches, found with one lookup. Only the CPU
 * itself reads it; mappable because only a mappable array begins on a page, and so each entry on a
 * cache line. The map is pinned, and two builds write it side by side during an upgrade: a change
 * of its layout is a change of the ABI.
 */
struct cpu_memory {
	struct window_clock clock;
	struct fact_entry nat[2];    /* may NAT redirect: IPv4, IPv6 */
	struct fact_entry mangle[2]; /* may a rule give packets to a transparent proxy */
	struct fact_entry ipsec;     /* is there a security association */
	struct fact_entry above;     /* has the interface a device above it */
	__u32 moved;		     /* the last move whose leading program ran here */
	__u32 no_slot_jiffy;	     /* low half of the jiffy in which it found no free slot */
	__u32 asked;		     /* index of the address that was asked for last */
	__u32 is_unknown;	     /* the owner cache does not have the packet's flow */
	struct clock_gate gate;
	struct packet packet ON_CACHE_LINES; /* the packet whose owner is being looked up */
	struct packet inner;		     /* what it carries, if it is encapsulated */
	struct address_entry addresses[CGT_ADDRESS_CACHE_SIZE];
	struct bpf_fib_lookup route; /* the question that is being asked */
	struct mac_entry macs[CGT_MAC_CACHE_SIZE];
	struct taught_entry taught[CGT_TAUGHT_CACHE_SIZE];
	struct master_entry masters[CGT_MASTER_CACHE_SIZE];
	struct passage passages[CGT_PASSAGE_CACHE_SIZE];
	__u32 slots[CGT_SLOT_CACHE_SIZE]; /* of accounts: the key in the cell proves a hit */
	struct owner_entry owners[CGT_OWNER_CACHE_SIZE] ON_CACHE_LINES;
	struct owner_entry local_owners[LOCAL_OWNERS];
	struct connection connections[CONNECTION_LINES * CONNECTIONS_OF_LINE];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* CPUs */
	__type(key, __u32);
	__type(value, struct cpu_memory);
} cgt_cpus SEC(".maps");

/*
 * Parses into the CPU's memory, or with PREEMPT_RT, where another packet may use that, to the
 * stack.
 */
static __always_inline struct packet *parse_anew(struct __sk_buff *skb, struct cpu_memory *here,
						 struct packet *on_stack)
{
	struct packet *p = preempt_rt ? on_stack : &here->packet;

	barrier_var(p); /* else clang makes the choice again for each field */
	*p = (struct packet){};
	parse(skb, p);
	return p;
}

/*
 * Key: a local address and port where NAT may redirect packets. Value: where earlier ones ended.
 * Written and read by any CPU on the slow path; a lost update is learned again. LRU: evicting an
 * entry loses no bytes.
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
	/* NAT_REDIRECTED_HERE: the address and port that the last flow was redirected to. */
	__u32 to_address[4]; /* IPv4 in the first */
	__u32 to_port;	     /* network byte order */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct port_key);
	__type(value, struct port_nat_state);
} cgt_ports SEC(".maps");

/*
 * Key: the tuple of replies to a connection whose packets NAT rewrites. Value: the id of its
 * cgroup. Written by egress, read by ingress, and only where conntrack cannot be asked
 * (owner/taught.bpf.h). LRU: evicting an entry loses no bytes.
 */
struct taught_key {
	struct bpf_sock_tuple tuple;
	__u32 netns;
	__u8 protocol;
	__u8 version;
	__u16 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct taught_key);
	__type(value, __u64);
} cgt_taught SEC(".maps");

/* How many interfaces can share one load of the programs; a power of two. */
#define INTERFACES_SHARING 1024

/*
 * An interface's slots of the reasons, by enum cgt_kind, reserved before attaching. In the place of
 * CGT_CGROUP, which is no reason, is the interface's key; never 0 where a hook is attached. One
 * cache line; a power of two, so that a mask bounds the index.
 */
#define REASON_SLOTS 16
_Static_assert(CGT_KINDS <= REASON_SLOTS, "every reason has a slot");
struct interface_here {
	__u32 words[REASON_SLOTS];
};

/*
 * Key: ifindex modulo INTERFACES_SHARING. Written by the loader before a hook is attached; read for
 * each packet. Belongs to one load of the programs, and is not pinned.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_RDONLY_PROG);
	__uint(max_entries, INTERFACES_SHARING);
	__type(key, __u32);
	__type(value, struct interface_here);
} cgt_interfaces_here SEC(".maps");

/*
 * The windows of one interface. Key: cpu * 2 + direction. Written by that CPU alone; read by
 * userspace through mmap.
 */
struct windows_of_interface {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* CPUs * 2 */
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct cgt_window_row)); /* its type is not in BTF here */
};

/* Key, writer and life as of cgt_interfaces_here. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, INTERFACES_SHARING);
	__type(key, __u32);
	__array(values, struct windows_of_interface);
} cgt_windows SEC(".maps");
