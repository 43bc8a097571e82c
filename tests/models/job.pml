/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The hand-over of a job (thr_job_mark() and announce_idle() in
 * src/threads/thr-thread-wrapper.c, take_off() and set_done_locked() in thr-core.c,
 * step() and thr_job_land() in thr-job-delivery.c): one thread submits it, the thread
 * that runs it marks what is to be announced, another one sets names before, meanwhile
 * and after, and home takes the marks.
 *
 * What is checked, in every interleaving:
 *  - the states are announced in their order, each once;
 *  - the last progress is announced before RETURNED;
 *  - at most one node of the job is in the inbox;
 *  - once the job has landed, nobody who holds no reference touches it;
 *  - nothing that was marked is left without a node that will bring it home: the run
 *    ends with CLOSED announced and the last name told.
 *
 * Each macro BROKEN_… takes something away that is needed: then an error must be
 * found. */

#define SETS 2 /* of progress */
#define NAMES 2

#define CREATED 0
#define RUNNING 1
#define RETURNED 2
#define FINISHING 3
#define CLOSED 4

/* ThrHome.flags */
bool posted = false, flying = false, started = false, done = false;
bool progress_mark = false, name_mark = false, closed = false;

byte progress = 0; /* the value itself, set with an exchange before its mark */
byte name = 0;     /* as well, under a lock */
byte announced = CREATED;
byte announced_progress = 0;
byte announced_name = 0;
byte inbox = 0; /* nodes of the job there */
byte idles = 0; /* invocations of announce_idle() there */
bool offered = false; /* it is in the queue */
byte references = 2; /* of who submits it, and of who renames it */
bool is_freed = false;
byte n_over = 0; /* of the other three */

inline touch () { assert (!is_freed) }

inline push ()
{
  atomic { inbox++; assert (inbox <= 1) }
}

inline ref ()
{
  atomic { touch (); references++ }
}

inline unref ()
{
  atomic {
    touch ();
    references--;
    if
    :: references == 0 -> is_freed = true
    :: else
    fi
  }
}

/* The thread that runs the function: it has no reference but the flight's. */
active proctype runner ()
{
  byte i;
  bool before;

  offered;
  atomic { touch (); before = posted; posted = true; started = true }
  if
  :: !before -> push ()
  :: else
  fi;

  for (i : 1 .. SETS) {
#ifdef BROKEN_PROGRESS
    atomic { touch (); before = posted; posted = true; progress_mark = true }
    touch (); progress = i;
#else
    touch (); progress = i;
    atomic { touch (); before = posted; posted = true; progress_mark = true }
#endif
    if
    :: !before -> push ()
    :: else
    fi
  }

  /* DONE with POSTED, at once: the last touch, unless the node is ours to push. */
#ifdef BROKEN_DONE
  atomic { touch (); done = true }
  atomic { touch (); before = posted; posted = true }
#else
  atomic { touch (); before = posted; posted = true; done = true }
#endif
  if
  :: !before -> push ()
  :: else
  fi;
  n_over++
}

/* thr_core_submit(), by a thread with a reference */
active proctype submitter ()
{
  /* take_off() */
  ref ();
#ifdef BROKEN_TAKE_OFF
  atomic { touch (); flying = true }
#else
  atomic { touch (); posted = false; flying = true }
#endif
  offered = true;
  unref ();
  n_over++
}

/* Any thread with a reference: thr_thread_wrapper_set_name(). */
active proctype renamer ()
{
  byte i;
  bool before, marked, flew;

  for (i : 1 .. NAMES) {
    touch (); name = i;
    atomic {
      touch ();
      before = posted; flew = flying; marked = name_mark;
      posted = true; name_mark = true
    }
    if
    :: flew && !before -> push ()
    :: flew && before
#ifdef BROKEN_IDLE
    :: !flew && !before -> ref (); idles++
    :: !flew && before
#else
    :: !flew && !marked -> ref (); idles++
    :: !flew && marked /* who marked it brings it home */
#endif
    fi
  }
  unref ();
  n_over++
}

/* thr_job_deliver() */
active proctype home ()
{
  bool before, was_started, was_done, had_progress, had_name, landed = false;

  do
  :: inbox > 0 ->
     inbox--;
     /* step() */
     atomic {
       touch ();
       posted = false;
       was_started = started; was_done = done;
       had_progress = progress_mark; had_name = name_mark;
       name_mark = false
     };
     if
     :: announced < CLOSED ->
        if
        :: was_started && announced == CREATED -> announced = RUNNING
        :: else
        fi;
        if
        :: had_name -> announced_name = name
        :: else
        fi;
        if
        :: had_progress -> progress_mark = false; announced_progress = progress
        :: else
        fi;
        if
        :: was_done ->
           assert (announced == RUNNING);
           announced = RETURNED;
           assert (announced_progress == SETS);
           announced = FINISHING;
           touch (); closed = true;
           announced = CLOSED
        :: else
        fi
     :: else ->
        if
        :: had_name -> announced_name = name
        :: else
        fi
     fi;
     if
     :: announced == CLOSED ->
        /* thr_job_land() */
#ifdef BROKEN_LAND
        flying = false; landed = true;
#else
        if
        :: atomic { posted -> skip }
        :: atomic { !posted -> flying = false; landed = true }
        fi;
#endif
        if
        :: landed -> unref ()
        :: else
        fi
     :: else
     fi
  :: idles > 0 ->
     idles--;
     /* announce_idle() */
     touch ();
     if
     :: flying ->
        atomic { touch (); before = posted; posted = true }
        if
        :: !before -> push ()
        :: else
        fi
     :: !flying ->
        atomic { touch (); had_name = name_mark; name_mark = false }
        if
        :: had_name -> announced_name = name
        :: else
        fi
     fi;
     unref ()
  :: landed && n_over == 3 && inbox == 0 && idles == 0 -> break
  od;

  /* When all threads are done, the last name was told, too. */
  assert (announced == CLOSED && closed && announced_name == NAMES && is_freed)
}
