/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The inbox of a dispatcher (src/base/thr-dispatcher.c): threads push nodes, the
 * owner sleeps in the poll of its main loop, or in thr_dispatcher_sleep().
 *
 * What is checked, in every interleaving:
 *  - no wake-up is lost: the owner does not sleep on a node (else the run ends in a
 *    state that is no valid end: `owner` waits while nodes are there);
 *  - each node is delivered once, and those of one thread in their order;
 *  - when all is delivered and no pusher is between its push and the end of its
 *    wake-up, the dispatcher may be freed: nobody touches it any more.
 *
 * Each macro BROKEN_… takes something away that is needed: then an error must be
 * found, or the model says nothing.
 *
 * `head` is the pointer that the code exchanges: what is in the list is kept beside
 * it. To compare it with what was read before is to compare the newest node. */

#define PUSHERS 2
#define NODES 2 /* of each pusher */
#define TOTAL 4

/* What `head` can be; a node is 2 + its number. */
#define ASLEEP 0
#define BUSY 1
#define is_node(h) (h >= 2)

byte head = BUSY;
byte stack[TOTAL]; /* the list that begins at head: the newest is the last here */
byte height = 0;

bool wakeup = false;  /* the eventfd of the main context */
byte wakers = 0;      /* pushers that will still touch the dispatcher */
byte sleepers = 0;
bool cond = false;    /* the signal of `awake`, for who waits for it */

byte taken[TOTAL], n_taken = 0;
byte delivered = 0;
byte last[PUSHERS]; /* how many of each pusher were delivered */
bool freed = false;

inline touch () { assert (!freed) }

/* thr_dispatcher_push() */
proctype pusher (byte me)
{
  byte i, seen, node;
  bool was_asleep;

  for (i : 0 .. NODES - 1) {
    node = 2 + me * NODES + i;
    seen = head;
again:
    was_asleep = (seen == ASLEEP);
    if
    :: was_asleep -> touch (); wakers++
    :: else
    fi;
    /* The compare-exchange. */
    if
    :: atomic { head == seen ->
         touch ();
         if
         :: !is_node (seen) -> height = 0
         :: else
         fi;
         stack[height] = node; height++; head = node }
    :: atomic { head != seen -> seen = head }
       if
       :: was_asleep -> touch (); wakers--
       :: else
       fi;
       goto again
    fi;
    if
    :: was_asleep ->
       touch ();
       wakeup = true; /* g_main_context_wakeup() */
       if
       :: sleepers > 0 -> touch (); cond = true
       :: else
       fi;
       touch ();
       wakers--
    :: else
    fi
  }
}

/* take() and what follows in thr_dispatcher_deliver() */
inline deliver ()
{
  byte k, who;

  d_step {
    n_taken = 0;
    if
    :: is_node (head) ->
       for (k : 0 .. height - 1) { taken[k] = stack[k] }
       n_taken = height;
       height = 0
    :: else
    fi;
    head = BUSY
  }
  k = 0;
  do
  :: k < n_taken ->
     d_step {
       who = (taken[k] - 2) / NODES;
       assert ((taken[k] - 2) % NODES == last[who]); /* in order, and once */
       last[who]++;
       delivered++
     };
     k++
  :: else -> break
  od
}

/* An iteration of the main loop, or a wait of the library's own: whichever. */
active proctype owner ()
{
  bool ready;

  do
  :: delivered < TOTAL ->
     if
     :: /* source_prepare() */
#ifdef BROKEN_ARM
        ready = is_node (head);
        head = ASLEEP;
#else
        if
        :: atomic { head == BUSY -> head = ASLEEP; ready = false }
        :: atomic { head != BUSY -> ready = is_node (head) }
        fi;
#endif
        /* The poll; source_check() */
        if
        :: ready
        :: !ready -> wakeup -> wakeup = false
        fi;
        if
        :: is_node (head) -> deliver ()
        :: else
        fi
     :: /* thr_dispatcher_sleep() */
#ifndef BROKEN_SLEEP
        sleepers++;
#endif
        if
        :: atomic { head == BUSY -> head = ASLEEP; ready = false }
        :: atomic { head != BUSY -> ready = (head != ASLEEP) }
        fi;
        if
        :: ready
        :: !ready -> /* sleep_lock is held between the look and the wait */
           if
           :: atomic { head == ASLEEP -> cond = false }
              cond -> cond = false
           :: head != ASLEEP
           fi
        fi;
#ifndef BROKEN_SLEEP
        sleepers--;
#endif
        deliver ()
     fi
  :: else -> break
  od;

  /* dispatcher_dispose() */
#ifndef BROKEN_FREE
  wakers == 0;
#endif
  freed = true
}

init
{
  atomic { run pusher (0); run pusher (1) }
}
