/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The owners of established TCP connections over IPv4 to addresses of ours, four connections on a
 * cache line. A server with a thousand clients meets each of their packets with cold caches, so
 * what counts is how few lines remember them. What connections have in common (our address, the
 * owner and its slot) is therefore stored once, as a local owner. A connection is believed while
 * the count of its bucket stays (tcp_changes.bpf.h), and a local owner for a second after the last
 * look whether the address is ours still. From 6.2 on, as what is renewable in belief.bpf.h.
 */
#pragma once

#define LOCAL_OWNER_BITS 8
#define LOCAL_OWNER_WAYS 4 /* places where one can be */
_Static_assert(LOCAL_OWNERS == 1 << LOCAL_OWNER_BITS, "the index has these bits");

static __always_inline int may_be_connection(const struct packet *p)
{
	return sockets_can_be_remembered && p->version == 4 && p->protocol == IPPROTO_TCP;
}

static __always_inline __u64 peer_of(const struct packet *p)
{
	return (__u64)p->words[PORT_WORD_IPV4] << 32 | p->words[0];
}

static __always_inline struct connection *connections_at(struct cpu_memory *here, __u32 hash)
{
	return &here->connections[(hash & (CONNECTION_LINES - 1)) * CONNECTIONS_OF_LINE];
}

static __always_inline struct owner_entry *local_owner_of(struct cpu_memory *here,
							  const struct connection *connection)
{
	return &here->local_owners[connection->owner & (LOCAL_OWNERS - 1)];
}

/* 24 bits: a place changes hands at most once a second, so a value comes back after half a year. */
static __always_inline __u32 next_generation(const struct owner_entry *owner)
{
	return (owner->generation + 1) & (~0U >> LOCAL_OWNER_BITS);
}

/* Tells whether no socket with these ports has left ESTABLISHED. */
static __always_inline int is_unchanged_since(__u32 count, __u32 ports)
{
	__u32 *changes = tcp_changes_of(tcp_change_bucket(ports));

	return changes && *(volatile __u32 *)changes == count;
}

/* Not so if the local owner's place was given to another, or its address has gone. */
static __always_inline int is_current_owner(const struct owner_entry *owner,
					    const struct connection *connection)
{
	return owner->generation == connection->owner >> LOCAL_OWNER_BITS;
}

/*
 * The local owner to whom an established connection leads, whether its address is believed or not;
 * NULL if the connection is not known. The place in the line is computed (0, unless the peer is at
 * 1, 2 or 3): a branch for each would be mispredicted with every other connection.
 */
static __always_inline struct owner_entry *owner_of_connection(struct cpu_memory *here,
							       const struct packet *p, __u32 hash)
{
	struct connection *connection = connections_at(here, hash);
	__u64 peer = peer_of(p);
	__u64 way = 6 - is_nonzero(connection[1].peer ^ peer) -
		    2 * is_nonzero(connection[2].peer ^ peer) -
		    3 * is_nonzero(connection[3].peer ^ peer);
	struct owner_entry *owner;

	connection = connections_at(here, hash) + (way & (CONNECTIONS_OF_LINE - 1));
	barrier_var(connection);
	if (connection->peer != peer || !is_unchanged_since(connection->changes, peer >> 32))
		return NULL;
	owner = local_owner_of(here, connection);
	barrier_var(owner);
	return is_current_owner(owner, connection) && owner->addresses[0] >> 32 == p->words[1]
		       ? owner
		       : NULL;
}

/* Also renews the local owner, or ends it, and with it all its connections. */
static __always_inline int local_owner_holds(struct __sk_buff *skb, struct cpu_memory *here,
					     struct owner_entry *owner, const struct packet *p,
					     __u32 now)
{
	if (is_believed(skb, here, owner, now))
		return 1;
	if (whose_address_at_once(skb, here, &p->tuple, p->version) != ADDRESS_OURS) {
		owner->generation = next_generation(owner);
		return 0;
	}
	owner->jiffy = now;
	return 1;
}

/*
 * The index of the local owner with that id and slot at the packet's address; -1 if its places are
 * in use. The address has just been found to be ours.
 */
static __always_inline int local_owner_for(struct cpu_memory *here, __u64 id, __u32 slot, __u32 now)
{
	__u32 address = here->packet.words[1];
	__u32 first =
		(id ^ slot ^ address) * GOLDEN_RATIO_64 >> 32 & (LOCAL_OWNERS - LOCAL_OWNER_WAYS);
	struct owner_entry *owner;
	int unused = -1;

	for (int i = LOCAL_OWNER_WAYS - 1; i >= 0; i--) {
		owner = &here->local_owners[first + i];
		if (owner->owner == id && owner->slot == slot &&
		    owner->addresses[0] >> 32 == address) {
			owner->jiffy = now;
			return first + i;
		}
		if (unused < 0 && now - owner->jiffy > flow_jiffies)
			unused = first + i;
	}
	if (unused < 0)
		return -1;
	owner = &here->local_owners[unused & (LOCAL_OWNERS - 1)];
	owner->generation = next_generation(owner);
	owner->owner = id;
	owner->slot = slot;
	owner->addresses[0] = (__u64)address << 32;
	owner->belief = WHILE_THE_ADDRESS_IS_OURS;
	owner->jiffy = now;
	return unused;
}

/*
 * The place in the line for a connection: its own or the first that was never used, else that of
 * one that has ended. If all four live, the new one takes the place of one of them in every second
 * jiffy, so that idle connections do not keep the busy ones out for ever; else -1.
 */
static __always_inline int connection_place(struct cpu_memory *here, const struct connection *line,
					    __u64 peer, __u32 now)
{
	for (int i = 0; i < CONNECTIONS_OF_LINE; i++)
		if (!line[i].peer || line[i].peer == peer)
			return i;
	for (int i = 0; i < CONNECTIONS_OF_LINE; i++)
		if (!is_current_owner(local_owner_of(here, &line[i]), &line[i]) ||
		    !is_unchanged_since(line[i].changes, line[i].peer >> 32))
			return i;
	return now & 1 ? now >> 1 & (CONNECTIONS_OF_LINE - 1) : -1;
}

/*
 * Stores the connection of the packet in this CPU's memory, whose hash is set; 0 if there is no
 * place for it. `belief` is that of the lookup: of its half of the count the other half is told
 * here, because a count does not go half round between the two.
 */
static __noinline int remember_connection(struct cpu_memory *here, __u64 id, __u32 slot,
					  __u32 belief)
{
	struct connection *line = connections_at(here, here->packet.hash);
	__u64 peer = peer_of(&here->packet);
	__u32 *changes = tcp_changes_of(tcp_change_bucket(peer >> 32));
	__u32 now = bpf_jiffies64();
	__u32 count, generation;
	int owner, place;

	if (!changes)
		return 0;
	count = *(volatile __u32 *)changes;
	if ((__u16)count != belief >> COUNT_SHIFT)
		return 0; /* a socket has changed since the lookup */
	place = connection_place(here, line, peer, now);
	if (place < 0)
		return 0;
	owner = local_owner_for(here, id, slot, now);
	if (owner < 0)
		return 0;
	generation = here->local_owners[owner & (LOCAL_OWNERS - 1)].generation;
	line[place & (CONNECTIONS_OF_LINE - 1)] = (struct connection){
		.peer = peer, .changes = count, .owner = generation << LOCAL_OWNER_BITS | owner};
	return 1;
}
