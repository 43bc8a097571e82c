/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The inbox of a dispatcher (src/base/thr-dispatcher.c): threads push nodes, the
 * owner sleeps in the poll of its main loop, or in thr_dispatcher_sleep().
 *
 * What is checked, in every interleaving:
 *  - no wake-up is lost: the owner does not sleep on a node (else the run ends in a
 *    state that is no valid end: `owner` waits while nodes are there);
 *  - each node is delivered once, and those of one thread in their order, also where
 *    the dispatcher is closed meanwhile and its heir gets what is left;
 *  - the heir gets nothing of one that is not closed yet;
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
#define SHUT 255
#define is_node(h) (h >= 2 && h != SHUT)

byte head = BUSY;
byte stack[TOTAL]; /* the list that begins at head: the newest is the last here */
byte height = 0;

bool wakeup = false;  /* the eventfd of the main context */
byte wakers = 0;      /* pushers that will still touch the dispatcher */
byte sleepers = 0;
bool cond = false;    /* the signal of `awake`, for who waits for it */

/* The heir's inbox, by itself as safe as this one: a queue. */
byte inherited[TOTAL];
byte n_inherited = 0;
bool moved = false; /* the heir has what was here */

byte taken[TOTAL], n_taken = 0, n_gone = 0; /* of the taken */
byte delivered = 0;
byte last[PUSHERS]; /* how many of each pusher were delivered */
bool freed = false;

inline touch () { assert (!freed) }

/* In order, and once. */
inline count_in (node)
{
  assert ((node - 2) % NODES == last[(node - 2) / NODES]);
  last[(node - 2) / NODES]++;
  delivered++
}

/* thr_dispatcher_push() to the heir */
inline pass_on (node)
{
  atomic { inherited[n_inherited] = node; n_inherited++ }
}

/* thr_dispatcher_push() */
proctype pusher (byte me)
{
  byte i, seen, node;
  bool was_asleep;

  for (i : 0 .. NODES - 1) {
    node = 2 + me * NODES + i;
    touch (); seen = head;
again:
    if
    :: seen == SHUT ->
#ifndef BROKEN_ORDER
       touch (); moved;
#endif
       touch (); pass_on (node);
       goto next
    :: else
    fi;
#ifdef BROKEN_CLOSE
unseen:
#endif
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
#ifdef BROKEN_CLOSE
       goto unseen
#else
       goto again
#endif
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
    fi;
next:
    skip
  }
}

/* take() and what follows in thr_dispatcher_deliver(); one of those who are called may
 * close the dispatcher. */
inline deliver ()
{
  d_step {
    n_taken = 0;
    n_gone = 0;
    if
    :: is_node (head) ->
       for (k : 0 .. height - 1) { taken[k] = stack[k] }
       n_taken = height;
       height = 0
    :: else
    fi;
    k = 0;
    head = BUSY
  }
  do
  :: n_gone < n_taken -> d_step { count_in (taken[n_gone]); n_gone++ }
  :: closes && n_gone < n_taken -> goto close
  :: n_gone == n_taken -> break
  od
}

/* An iteration of the main loop, or a wait of the library's own: whichever. */
active proctype owner ()
{
  byte k, n_left;
  bool ready, closes;

  if
  :: closes = false
  :: closes = true /* sooner or later */
  fi;
  do
  :: closes -> goto close
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
        :: !ready ->
           if
           :: wakeup -> wakeup = false
           :: closes -> goto close /* woken by another source */
           fi
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
  :: delivered == TOTAL && !closes -> break
  od;
  goto dispose;

  /* thr_dispatcher_close() */
close:
  skip;
  d_step {
    n_left = 0;
    if
    :: is_node (head) -> n_left = height
    :: else
    fi;
    k = 0;
    head = SHUT
  };
  do
  :: n_gone < n_taken -> pass_on (taken[n_gone]); n_gone++
  :: n_gone == n_taken && k < n_left -> pass_on (stack[k]); k++
  :: n_gone == n_taken && k == n_left -> break
  od;
  moved = true;
  delivered == TOTAL;

  /* dispatcher_dispose() */
dispose:
#ifndef BROKEN_FREE
  wakers == 0;
#endif
  freed = true
}

/* Who owns the heir's context. */
active proctype heir ()
{
  byte n = 0;

  do
  :: n < n_inherited ->
     d_step {
       assert (head == SHUT);
       count_in (inherited[n]);
       n++
     }
  :: n == n_inherited && delivered == TOTAL -> break
  od
}

init
{
  atomic { run pusher (0); run pusher (1) }
}
