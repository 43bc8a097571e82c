/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "config.h"

#include <gio/gio.h>
#include <stdatomic.h>

#include "base/thr-gate-private.h"
#include "base/thr-home-private.h"
#include "threads/thr-thread-manager.h"

G_BEGIN_DECLS

/* The private side of ThrThreadWrapper: a job is what its methods, spread over
 * the thr-job-*.c files, work on. */

typedef struct _ThrCore ThrCore;
typedef struct _ThrItem ThrItem;
typedef struct _ThrJobExtra ThrJobExtra;
typedef struct _ThrJobItems ThrJobItems;
typedef struct _ThrJobPeople ThrJobPeople;
typedef struct _ThrBond ThrBond;
typedef struct _ThrCancelGroup ThrCancelGroup;
typedef struct _ThrFrame ThrFrame;

typedef enum
{
  THR_JOB_FUNCTION, /* takes a thread */
  THR_JOB_SLICED,   /* its steps are deliveries */
  THR_JOB_MANUAL,   /* ended from outside */
  THR_JOB_LIGHT,    /* no wrapper: see thr-light-job.c */
} ThrJobKind;

/* Where an item is in its manager; guarded by the core's queue_lock. */
typedef enum
{
  THR_PLACE_NONE,   /* not submitted */
  THR_PLACE_READY,  /* in the queue that threads take from */
  THR_PLACE_HELD,   /* appended: waits for a run or a watch */
  THR_PLACE_PARKED, /* its turn has come, but it is paused */
  THR_PLACE_ACTIVE, /* taken: its function runs, or is about to */
  THR_PLACE_ENDED,  /* its end is known; to be delivered */
  THR_PLACE_LEFT,   /* CLOSED */
} ThrPlace;

/* What a manager queues. */
struct _ThrItem
{
  ThrItem *prev, *next;
  guint64 seq; /* the order of submission */
  int priority;
  guint8 kind;
  guint8 place;
  guint8 of_run; /* started by the last run */
  guint8 counted; /* has its part in the manager's progress */
};

/* ThrHome.flags of a job: what there is to deliver. Set with fetch_or, which
 * publishes what the bit speaks of; the owner takes bits with fetch_and. */
enum
{
  THR_JOB_POSTED = 1 << 0,    /* the node is in the inbox */
  THR_JOB_FLYING = 1 << 1,    /* from submit to CLOSED: a reference is held */
  THR_JOB_STARTED = 1 << 2,   /* the function was begun */
  THR_JOB_DONE = 1 << 3,      /* the outcome is there; last touch of the thread */
  THR_JOB_STEP = 1 << 4,      /* a sliced job wants its next step */
  THR_JOB_PROGRESS = 1 << 5,  /* these changed and were not announced yet: */
  THR_JOB_STATUS = 1 << 6,
  THR_JOB_MESSAGE = 1 << 7,
  THR_JOB_NAME = 1 << 8,
  THR_JOB_PRIORITY = 1 << 9,
  THR_JOB_PAUSE = 1 << 10,
  THR_JOB_HALT = 1 << 11,
  THR_JOB_WAITED = 1 << 12,   /* a thread waits at the job's spot */
  THR_JOB_LISTENED = 1 << 13, /* a callback or an async wait is set */
  THR_JOB_SEEN_CLOSED = 1 << 14, /* was read as CLOSED before its delivery */
  THR_JOB_CLOSED = 1 << 15,
  THR_JOB_ENDING = 1 << 16,   /* claimed by who ends a sliced or manual job */
  THR_JOB_TAKEN = 1 << 17,    /* somebody took the failure */
  THR_JOB_FAILED = 1 << 19,   /* set before DONE */
  THR_JOB_WAITS_OVER = 1 << 18, /* set at the job's spot: `waits` are complete */
  THR_JOB_ITEMS = 1 << 20,    /* there are items for the list */
  THR_JOB_ASKED = 1 << 21,    /* to end */
  THR_JOB_TAGS = 1 << 22,
  THR_JOB_LOOK = 1 << 23,     /* somebody may have begun to listen */
  THR_JOB_SILENT = 1 << 24,   /* what it was bound to is gone: no callback is called */
};
#define THR_JOB_MERGED (THR_JOB_PROGRESS | THR_JOB_STATUS | THR_JOB_MESSAGE | THR_JOB_ITEMS)
#define THR_JOB_AT_ONCE                                                     \
  (THR_JOB_NAME | THR_JOB_PRIORITY | THR_JOB_PAUSE | THR_JOB_HALT |         \
   THR_JOB_ASKED | THR_JOB_TAGS | THR_JOB_LOOK)

/* ThrHome.control of a job: what is asked of the function. */
enum
{
  THR_CONTROL_CANCELLED = 1 << 0,
  THR_CONTROL_HALTED = 1 << 1,
  THR_CONTROL_PAUSED = 1 << 2,
  THR_CONTROL_FOLLOWS = 1 << 3, /* ask the followed cancellable too */
  THR_CONTROL_STOPPED = 1 << 4, /* was queued when its manager was stopped */
  THR_CONTROL_SEEN = 1 << 5,    /* the followed cancellable was seen cancelled */
};
#define THR_CONTROL_END                                                     \
  (THR_CONTROL_CANCELLED | THR_CONTROL_HALTED | THR_CONTROL_STOPPED | THR_CONTROL_SEEN)

typedef struct
{
  GCallback func;
  gpointer user_data;
  GDestroyNotify destroy;
} ThrCallback;

struct _ThrThreadWrapper
{
  GObject parent_instance;
  ThrHome home;
  ThrItem item;
  ThrCore *core; /* a reference, from submit to finalize */

  /* A ThrThreadFunc or a ThrSliceFunc; the caller's until submit, then the
   * running thread's, then home's. */
  ThrCallback function;
  ThrCallback on_success; /* home's; before submit the caller's */

  gint64 created_at; /* from init on */
  _Atomic gint64 started_at;
  _Atomic gint64 ended_at;

  /* Written by who ends the job before DONE, which publishes it; which of the
   * two it is says the flag FAILED. */
  union
  {
    GValue result;
    GError *error;
  };

  guint64 number;
  ThrJobExtra *_Atomic extra;   /* made when first needed, see thr_job_extra() */
};

/* What only some jobs have. */
struct _ThrJobExtra
{
  _Atomic guint64 progress; /* the bits of a double; -1 at first */
  char ident[24];
  _Atomic guint n_holds;    /* what CLOSED waits for: see thr_job_hold_locked(),
                               and invocations at home that are under way */

  /* Home's; before submit the caller's. */
  ThrCallback on_fail;
  ThrCallback on_end;
  ThrTick tick;
  gint64 merged_at;         /* when progress, status, message were announced */

  /* Guarded by the job's spot. */
  char *name; /* NULL = the ident */
  char *message;
  char **tags; /* NULL = none */
  GValue status;
  gboolean status_from_job; /* set inside the job's function */
  GSList *garbage;          /* statuses (GValue *) to be freed at home … */
  guint n_readers;          /* … once nobody is in get_status() */
  GList *waits;             /* GTask *, of wait_async() */
  GCancellable *own;        /* of get_cancellable(); its pointer never changes */
  ThrCallback interrupter;
  gboolean interrupting;    /* a call of it is under way on another thread */
  gboolean interrupted;     /* it was called */
  gboolean covered;         /* another job runs on top of this one */

  GCancellable *followed;   /* constant from submit on */
  ThrCancelGroup *group;    /* from here on guarded by the core's queue_lock */
  GList group_link;
  gboolean asked;           /* by its group, to end */
  double counted_progress;  /* what the manager's progress has of this job's */

  /* Made when first needed. */
  ThrJobItems *_Atomic items;
  ThrJobPeople *_Atomic people;
  ThrBond *bonds;           /* see thr-job-bonds.c */
};

/* thr-thread-wrapper.c */
ThrThreadWrapper *thr_job_new          (ThrJobKind        kind,
                                        const char       *name,
                                        GCallback         func,
                                        gpointer          user_data,
                                        GDestroyNotify    destroy);
ThrJobExtra      *thr_job_extra        (ThrThreadWrapper *self);
void              thr_job_mark         (ThrThreadWrapper *self,
                                        guint             bits);
void              thr_job_listen       (ThrThreadWrapper *self);
void              thr_job_emit         (ThrThreadWrapper *self,
                                        guint             bits);
void              thr_job_emit_state   (ThrThreadWrapper *self);
void              thr_job_emit_signal  (ThrThreadWrapper *self);
gboolean          thr_job_has_failed_handler (ThrThreadWrapper *self);
void              thr_callback_clear   (ThrCallback      *callback,
                                        ThrDispatcher    *home);
void              thr_callback_clear_at_home (ThrCallback   *callback,
                                              ThrDispatcher *home);

/* thr-job-delivery.c */
void              thr_job_deliver      (ThrNode          *node);
void              thr_job_land         (ThrThreadWrapper *self);
void              thr_job_step_through (ThrThreadWrapper *self,
                                        void            (*step) (ThrThreadWrapper *self));
gboolean          thr_job_is_silent    (ThrThreadWrapper *self);
ThrExecutionState thr_job_get_state    (ThrThreadWrapper *self);
gboolean          thr_job_is_unhandled (ThrThreadWrapper *self);

/* thr-job-result.c */
void              thr_job_set_failure  (ThrThreadWrapper *self,
                                        GError           *error);

/* The end of a job is made known in two steps: DONE is set with the core
 * locked, so that whoever finds the manager idle finds the outcomes too; and
 * what is left is done once it is unlocked. In between the job may be gone. */
typedef struct
{
  ThrThreadWrapper *post; /* to be posted; NULL where it is in the inbox */
  gpointer wake;          /* the spot where somebody waits, or NULL */
} ThrEnd;
ThrEnd            thr_job_set_done     (ThrThreadWrapper *self);
void              thr_job_announce_end (ThrEnd           *end);
GError           *thr_job_ending_error (ThrThreadWrapper *self);
void              thr_job_end_outside  (ThrThreadWrapper *self,
                                        GError           *error);
gboolean          thr_job_end_manual   (ThrThreadWrapper *self,
                                        const GValue     *value,
                                        GError           *failure);

/* thr-job-control.c */
gboolean          thr_job_is_ending    (ThrThreadWrapper *self);
void              thr_job_ask          (ThrThreadWrapper *self,
                                        guint8            control);
void              thr_job_leave        (ThrThreadWrapper *self);
gboolean          thr_job_hold_locked  (ThrThreadWrapper *self);
void              thr_job_let_go       (ThrThreadWrapper *self);

void              thr_job_cover        (ThrThreadWrapper *self,
                                        gboolean          covered);
GError           *thr_job_owner_gone_error (void);

/* Threads that wait in a checkpoint or for an answer of home; raised before
 * they look whether the cancellable that they follow is cancelled. */
extern _Atomic guint thr_job_n_paused;

/* thr-invoke.c */
void              thr_invoke_in_order  (ThrDispatcher    *home,
                                        GDestroyNotify    func,
                                        gpointer          data);

/* thr-job-wait.c */
void              thr_job_complete_waits (ThrThreadWrapper *self);

/* thr-waits.c: what a thread waits for, and, where jobs are on it or it answers
 * one, what these wait for so. The rest is set by thr_wait_begin(). */
typedef struct
{
  ThrThreadWrapper *job;
  gboolean runs; /* which this thread runs itself as soon as it is in the queue */
  ThrCore *core; /* all jobs of it, where `job` is NULL */

  ThrFrame *top;
  struct _ThrDelivery *answering; /* its deliveries, where one gives an answer */
  gboolean listed;

  /* Guarded by waits_lock. */
  GList link;
  GList suspect;   /* these three are the last search's */
  guint64 search;
  guint n_threads; /* how many stacks hold it up together; 0 where one does */
} ThrWait;
gboolean          thr_wait_begin       (ThrWait          *wait);
void              thr_wait_end         (ThrWait          *wait);
gboolean          thr_wait_at_home     (ThrDispatcher    *home,
                                        gboolean        (*is_over) (gpointer data),
                                        gpointer          data,
                                        gint64            interval,
                                        gint64            deadline,
                                        GCancellable     *cancellable);

/* thr-job-runner.c: the jobs on a thread form a stack. */
struct _ThrFrame
{
  ThrThreadWrapper *job;
  ThrCore *core;
  ThrFrame *below;
  ThrDispatcher *owner;
  ThrDispatcher *owner_below;
  guint depth;
  guint64 counted; /* see thr-waits.c */
};

static inline ThrFrame *
thr_frame_top (void)
{
  return thr_local.top_frame;
}

static inline void
thr_frame_push (ThrFrame         *frame,
                ThrThreadWrapper *job,
                ThrCore          *core,
                ThrDispatcher    *owner)
{
  ThrFrame *below = thr_local.top_frame;

  frame->job = job;
  frame->core = core;
  frame->below = below;
  frame->depth = below != NULL ? below->depth + 1 : 1;
  frame->counted = 0;
  frame->owner = owner;
  frame->owner_below = thr_dispatcher_set_current (owner);
  thr_local.top_frame = frame;
}

static inline void
thr_frame_pop (ThrFrame *frame)
{
  thr_local.top_frame = frame->below;
  thr_dispatcher_set_current (frame->owner_below);
}

gboolean          thr_frame_is_inside  (ThrThreadWrapper *job);
gboolean          thr_frame_is_inside_core (ThrCore      *core);
void              thr_job_run          (ThrThreadWrapper *self);
void              thr_job_step         (ThrThreadWrapper *self);
GError           *thr_job_no_result_error (void);
void              thr_job_unref_at_home (ThrThreadWrapper *self);
void              thr_job_free_garbage (ThrThreadWrapper *self);

/* NULL where the job has none yet. */
static inline ThrJobExtra *
thr_job_peek_extra (ThrThreadWrapper *self)
{
  return atomic_load_explicit (&self->extra, memory_order_acquire);
}

static inline gboolean
thr_job_has_failed (ThrThreadWrapper *self)
{
  return (atomic_load_explicit (&self->home.flags, memory_order_acquire) & THR_JOB_FAILED) != 0;
}

static inline ThrThreadWrapper *
thr_item_get_job (ThrItem *item)
{
  return (ThrThreadWrapper *) ((guint8 *) item - G_STRUCT_OFFSET (ThrThreadWrapper, item));
}

G_END_DECLS
