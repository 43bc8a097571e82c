/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The way home of an object whose last reference is dropped on a foreign thread
 * (src/base/thr-home.c), with GLib's g_object_unref() as it is in 2.74, and with
 * THAW_FIRST as it is in later versions.
 *
 * Two foreign threads have a reference each; a third finds the object again while
 * it is not gone, as who looks a job up by its manager does, under a lock.
 *
 * What is checked, in every interleaving:
 *  - the object is finalized once, and by home;
 *  - nobody touches it after that;
 *  - it is finalized in the end.
 *
 * Each macro BROKEN_… takes something away that is needed: then an error must be
 * found; BROKEN_POST is one in 2.74, and BROKEN_WAIT later. */

#define STAYING 0
#define LEAVING 1
#define POSTED 2

byte ref_count = 2;
byte leaving = STAYING;
bool listed = true; /* it can be found, until it is disposed at home */
bool finalized = false;
byte inbox = 0;
byte n_over = 0;

inline touch () { assert (!finalized) }

/* The queue of notifies is thawed: its end calls leave_cb(), if there is one queued,
 * and after that nothing of the object is touched. */
inline thaw ()
{
  touch ();
  if
  :: queued ->
     queued = false;
     if
     :: atomic { leaving == LEAVING -> leaving = POSTED }
        inbox++
     :: atomic { leaving != LEAVING -> skip }
     fi
  :: else
  fi
}

/* g_object_unref() on a thread that is not home */
inline foreign_unref ()
{
  if
  :: atomic { ref_count > 1 -> touch (); ref_count-- }
  :: atomic { ref_count == 1 -> touch () }
     /* thr_home_dispose() */
     if
     :: atomic { leaving == STAYING -> leaving = LEAVING }
#ifndef BROKEN_REF
        atomic { touch (); ref_count++ };
#endif
        queued = true
     :: atomic { leaving != STAYING -> skip }
     fi;
#ifdef BROKEN_POST
     /* Posted by dispose() itself. */
     queued = false; leaving = POSTED; inbox++;
#endif
#ifdef THAW_FIRST
     thaw ();
#endif
     atomic {
       touch ();
       ref_count--;
       assert (ref_count > 0) /* or it would be finalized here */
     };
#ifndef THAW_FIRST
     thaw ()
#endif
  fi
}

proctype foreigner ()
{
  bool queued = false;

  foreign_unref ();
  n_over++
}

proctype finder ()
{
  bool queued = false;

  /* Under the lock under which home takes it off the list. */
  if
  :: atomic { listed -> touch (); ref_count++ }
     foreign_unref ()
  :: atomic { !listed -> skip }
  fi;
  n_over++
}

proctype home ()
{
  do
  :: inbox > 0 ->
     inbox--;
     /* arrive(), or retry_cb() */
#ifndef BROKEN_WAIT
     ref_count == 1;
#endif
     touch ();
     leaving = STAYING;
     /* g_object_unref() at home: it may have been found at the last moment. */
     if
     :: atomic { ref_count > 1 -> ref_count-- }
     :: atomic { ref_count == 1 -> listed = false; ref_count = 0; finalized = true }
     fi
  :: finalized && n_over == 3 -> break
  od
}

init
{
  atomic { run foreigner (); run foreigner (); run finder (); run home () }
}
