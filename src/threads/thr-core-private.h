/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "threads/thr-job-private.h"
#include "threads/thr-queue-private.h"

G_BEGIN_DECLS

/* What a manager is made of: its queue, its threads and its books. The jobs
 * hold it, so that it outlives the manager object, which may be dropped at any
 * time, anywhere, while jobs are left. */

typedef enum
{
  THR_CORE_NEW,
  THR_CORE_STARTED,
  THR_CORE_DRAINING, /* takes no new jobs, runs the queued ones */
  THR_CORE_STOPPED,
} ThrCoreState;

/* A thing for a pool thread to do; embedded in what it is about. */
typedef struct _ThrTicket ThrTicket;
struct _ThrTicket
{
  void (*run) (ThrTicket *ticket);
};

/* What the manager's properties say; see thr_core_snapshot_locked(). */
typedef struct
{
  guint n_queued;
  guint n_running;
  guint thread_limit;
  guint keep_finished;
  gboolean busy;
  gboolean started;
  gboolean paused;
  double progress;
} ThrSnapshot;

struct _ThrCore
{
  ThrTicket ticket; /* its threads' */
  gint ref_count;
  ThrDispatcher *home; /* a weak reference; good as long as there is a manager */
  char uid[48];

  guint8 padding_before[64];
  /* The way in without the lock, see thr-core.c: the newest of the items
   * that came so, or whether it is open. Pushed with release, which publishes
   * the item; taken with acquire by who holds the lock. On a cache line of its
   * own, as is the next one. */
  ThrItem *_Atomic incoming;
  guint8 padding_between[64];
  /* Whether a job could be run, for a searching thread to look at without the
   * lock; a hint, and so relaxed. */
  _Atomic gboolean has_runnable;
  guint8 padding_after[64];

  GMutex queue_lock; /* guards all from here to the next empty line but one */
  ThrCoreState state;
  ThrQueue ready;     /* to be run */
  ThrQueue held;      /* appended; runs as well while watching */
  ThrItemList parked; /* paused, or in a paused manager and no function */
  ThrItemList live;   /* jobs (not light ones) taken and not CLOSED yet */
  guint n_parked;
  guint n_running;    /* functions, and begun sliced and manual jobs */
  guint n_functions;  /* those of them that count in the limit */
  guint n_ended;      /* ended and not delivered yet */
  guint n_failing;    /* those of them whose outcome is still to be set */
  guint n_of_run;     /* functions of the last run that have not returned */
  guint n_threads;    /* tickets out: at most the limit */
  guint n_stranded;   /* tickets that wait until the system has a thread */
  guint n_searching;  /* threads that look for a job, or were started to; see wants_thread */
  guint limit;
  guint keep;
  gboolean open;      /* what `incoming` says of it */
  guint n_looking;    /* those of them that do so now, without the lock */
  gboolean paused;
  gboolean watching;
  guint64 last_seq;
  guint n_counted;    /* the jobs since it was last idle … */
  guint n_counted_done;
  double progress_sum; /* … and the parts of those that have not ended */
  char *name;
  ThrThreadManager *manager; /* not a reference; NULL once it is gone */
  GHashTable *index;  /* number → job, of all jobs; made by the first lookup */
  GQueue kept;        /* CLOSED jobs (references), the oldest first */
  gboolean has_application; /* which it is to hold while it is busy */
  gboolean tracked;   /* the list model exists, and gets these two: */
  GPtrArray *arrivals;
  GPtrArray *departures;
  GPtrArray *closings; /* kept since the history was told last; NULL = there is none */
  guint n_forgotten;   /* and no longer kept */
  GHashTable *groups; /* GCancellable * → ThrCancelGroup * */
  GList *idle_tasks;  /* see thr-manager-shutdown.c */
  GCond quiet;        /* no function runs or is to run */
  guint n_quiet_waiters; /* a broadcast that nobody hears is a system call too */
  gboolean posted;    /* the node is in the inbox */

  ThrNode node; /* posted, it holds the core and its home */
  _Atomic guint n_posting; /* threads between posted = TRUE and the push */

  /* Threads that read `manager` and have no reference to it yet; raised under
   * the lock, so that who has cleared it sees all of them. */
  _Atomic guint n_borrowing;
};

/* What `incoming` is where it holds no item. */
#define THR_INCOMING_SHUT ((ThrItem *) NULL)
#define THR_INCOMING_OPEN (&thr_incoming_open)
extern ThrItem thr_incoming_open;

static inline gboolean
thr_core_has_incoming (ThrCore *self)
{
  ThrItem *newest = atomic_load_explicit (&self->incoming, memory_order_relaxed);

  return newest != THR_INCOMING_SHUT && newest != THR_INCOMING_OPEN;
}

void     thr_core_let_in_locked   (ThrCore *self);
void     thr_core_shut_locked     (ThrCore *self);
gboolean thr_core_set_open_locked (ThrCore *self);

/* Whoever has the lock has all that was submitted in the queue.
 *
 * The lock is held for some tens of nanoseconds, and taken by threads that run
 * jobs as short: to look again for a moment is cheaper than to sleep in the
 * kernel, and to be woken. */
static inline void
thr_core_lock (ThrCore *self)
{
  gboolean locked = FALSE;

  for (guint i = 0; i < 8 && !locked; i++)
    {
      locked = g_mutex_trylock (&self->queue_lock);
      if (!locked)
        thr_relax ();
    }
  if (!locked)
    g_mutex_lock (&self->queue_lock);
  if (thr_core_has_incoming (self))
    thr_core_let_in_locked (self);
}

/* A delivery of one of the core's jobs that is on the stack of its thread. */
typedef struct _ThrDelivery ThrDelivery;
struct _ThrDelivery
{
  ThrCore *core;
  ThrThreadWrapper *posted_by; /* it runs what this job has posted; or NULL */
  ThrFrame *asked_by;          /* it runs what these jobs wait for; or NULL */
  ThrDelivery *below;
};

ThrCore *thr_core_new             (ThrThreadManager *manager,
                                   ThrDispatcher    *home);
ThrCore *thr_core_ref             (ThrCore          *self);
void     thr_core_unref           (ThrCore          *self);
void     thr_core_unref_many      (ThrCore          *self,
                                   guint             n);
ThrCore *thr_core_of              (ThrThreadManager *manager);
void     thr_core_drop_manager    (ThrCore          *self);
ThrThreadManager *thr_core_dup_manager (ThrCore     *self);

/* thr-core.c: the queue. */
gboolean thr_core_submit          (ThrCore          *self,
                                   ThrThreadWrapper **jobs,
                                   gsize             n_jobs,
                                   gboolean          hold,
                                   GError          **error);
void     thr_core_push            (ThrCore          *self,
                                   ThrItem          *item);
ThrItem *thr_core_take_locked     (ThrCore          *self,
                                   gboolean         *post);
void     thr_core_count_held_locked (ThrCore        *self,
                                     ThrItem        *item);
void     thr_core_unlock          (ThrCore          *self);
void     thr_core_start           (ThrCore          *self);
void     thr_core_set_limit       (ThrCore          *self,
                                   guint             limit);
void     thr_core_set_paused      (ThrCore          *self,
                                   gboolean          paused);
void     thr_core_set_priority    (ThrThreadWrapper *job,
                                   int               priority);
gboolean thr_core_withdraw_locked (ThrCore          *self,
                                   ThrItem          *item);
gboolean thr_core_withdraw        (ThrThreadWrapper *job);
gboolean thr_core_claim           (ThrThreadWrapper *job);
void     thr_core_unpark          (ThrThreadWrapper *job);
ThrEnd   thr_core_end_item_locked (ThrCore          *self,
                                   ThrItem          *item);
void     thr_core_end_item        (ThrCore          *self,
                                   ThrItem          *item);
void     thr_core_fail_item       (ThrCore          *self,
                                   ThrItem          *item,
                                   GError           *error);
GError  *thr_core_stopped_error   (void);
void     thr_core_changed_locked  (ThrCore          *self,
                                   gboolean         *post);
void     thr_core_post            (ThrCore          *self,
                                   gboolean          post);
void     thr_core_hold_application (ThrCore         *self);

/* thr-core-listen.c: what was appended. */
gboolean thr_core_run             (ThrCore          *self,
                                   GError          **error);
gboolean thr_core_watch           (ThrCore          *self,
                                   GError          **error);
void     thr_core_stop_listening  (ThrCore          *self);
void     thr_core_finish_watch    (ThrCore          *self);

/* thr-pool.c: the threads. */
gboolean thr_pool_push            (ThrTicket        *ticket);
gboolean thr_core_wants_thread_locked (ThrCore      *self);
void     thr_core_start_thread    (ThrCore          *self);
void     thr_core_serve           (ThrTicket        *ticket);

/* thr-core-books.c: what is told of it at home. */
void     thr_core_deliver         (ThrNode          *node);
void     thr_core_job_closed      (ThrCore          *self,
                                   ThrThreadWrapper *job);
void     thr_core_light_closed    (ThrCore          *self);
void     thr_core_count_progress  (ThrThreadWrapper *job,
                                   double            progress);
void     thr_core_snapshot_locked (ThrCore          *self,
                                   ThrSnapshot      *snapshot);
gboolean thr_core_is_idle_locked  (ThrCore          *self);
gboolean thr_core_is_quiet_locked (ThrCore          *self);
void     thr_core_tell_quiet_locked (ThrCore        *self);
GPtrArray *thr_core_dup_jobs      (ThrCore          *self);
GPtrArray *thr_core_track         (ThrCore          *self);
GPtrArray *thr_core_track_history (ThrCore          *self);
ThrThreadWrapper *thr_core_lookup (ThrCore          *self,
                                   guint64           number);
void     thr_core_set_keep        (ThrCore          *self,
                                   guint             keep);
void     thr_core_report_unhandled (ThrCore          *self,
                                    ThrThreadWrapper *job,
                                    const GError     *error);

static inline void
thr_delivery_begin (ThrDelivery *delivery,
                    ThrCore     *core)
{
  delivery->core = core;
  delivery->posted_by = NULL;
  delivery->asked_by = NULL;
  delivery->below = thr_local.deliveries;
  thr_local.deliveries = delivery;
}

static inline void
thr_delivery_end (ThrDelivery *delivery)
{
  thr_local.deliveries = delivery->below;
}

gboolean thr_delivery_is_inside   (ThrCore          *core);

/* thr-core-wait.c */
void     thr_core_end_queued      (ThrCore          *self,
                                   gboolean          held_only);
void     thr_core_set_state       (ThrCore          *self,
                                   ThrCoreState      state);
void     thr_core_begin_shutdown  (ThrCore          *self,
                                   ThrShutdownMode   mode);
void     thr_core_complete_tasks  (ThrCore          *self,
                                   GList            *tasks);
GError  *thr_core_timed_out_error (ThrCore          *self);
gboolean thr_core_is_inside       (ThrCore          *self);
gboolean thr_core_is_over         (ThrCore          *self,
                                   gboolean          at_home);
gboolean thr_core_wait            (ThrCore          *self,
                                   ThrDispatcher    *home,
                                   gint64            deadline,
                                   GCancellable     *cancellable,
                                   GError          **error);
void     thr_core_wait_async      (ThrCore          *self,
                                   GTask            *task,
                                   gint64            timeout,
                                   GCancellable     *cancellable);

/* thr-manager-shutdown.c */
void     thr_registry_add         (ThrCore          *core);
void     thr_registry_remove      (ThrCore          *core);

/* thr-thread-manager.c, at home. */
void     thr_thread_manager_settle (ThrThreadManager *self,
                                    const ThrSnapshot *snapshot,
                                    GPtrArray        *arrivals,
                                    GPtrArray        *departures);
void     thr_thread_manager_settle_history (ThrThreadManager *self,
                                            GPtrArray        *closings,
                                            guint             n_forgotten);
gboolean thr_thread_manager_set_application (ThrThreadManager *self,
                                             GApplication     *application);
void     thr_thread_manager_emit_unhandled (ThrThreadManager *self,
                                            ThrThreadWrapper *job,
                                            const GError     *error);
void     thr_log_unhandled        (ThrThreadWrapper *job,
                                   const GError     *error);

/* thr-light-job.c */
void     thr_light_job_run        (ThrItem          *item);
void     thr_light_job_fail       (ThrItem          *item,
                                   GError           *error);
void     thr_light_job_drop_failure (ThrItem        *item);
void     thr_light_job_post       (ThrItem          *item);

/* thr-binding.c */
void     thr_binding_interrupt    (ThrThreadWrapper *job);
gboolean thr_binding_report       (ThrThreadWrapper *job,
                                   const GError     *failure);

/* thr-cancel-group.c */
void     thr_cancel_group_enter   (ThrThreadWrapper *job);
ThrCancelGroup *thr_cancel_group_leave_locked (ThrThreadWrapper *job);
void     thr_cancel_group_left    (ThrCancelGroup   *self);

G_END_DECLS
