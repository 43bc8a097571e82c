/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "config.h"

#include <gio/gio.h>
#include <stdatomic.h>

#include "base/thr-gate-private.h"
#include "base/thr-home-private.h"
#include "workers/thr-current.h"
#include "workers/thr-worker.h"

G_BEGIN_DECLS

/* The private side of the workers, whose methods are spread over the
 * thr-worker-*.c files. */

typedef struct _ThrEnvelope ThrEnvelope;
typedef struct _ThrRun ThrRun;
typedef struct _ThrBreak ThrBreak;
typedef struct _ThrWorkerFrame ThrWorkerFrame;
typedef struct _ThrWaiter ThrWaiter;
typedef struct _ThrWorkerPrivate ThrWorkerPrivate;

/* ---- events ---- */

/* What the worker itself knows of a name. */
typedef enum
{
  THR_NAME_OTHER,
  THR_NAME_STOP,
  THR_NAME_PAUSE,
  THR_NAME_RESUME,
  THR_NAME_CHILD_ERROR,
  THR_NAME_LISTENER_ERROR,
  THR_NAME_EVENT_REJECT,
} ThrEventName;

/* An event in the inbox of one worker. */
struct _ThrEnvelope
{
  ThrEnvelope *next;
  ThrEvent *event; /* a reference */
};

/* One allocation: the name stands at the end. Immutable but for the count and
 * for the envelope, which whoever takes `enveloped` from FALSE to TRUE has for
 * the first inbox that the event goes to. */
struct _ThrEvent
{
  gatomicrefcount ref_count;
  _Atomic gboolean enveloped;
  ThrEnvelope envelope;
  ThrWorker *target; /* a reference, or NULL */
  GValue value;      /* unset where there is none */
  guint8 known;      /* a ThrEventName */
  guint8 bubble;
  guint8 broadcast;
  guint8 in_cell; /* how it was allocated */
  char name[];
};

ThrEnvelope *thr_envelope_new  (ThrEvent    *event);
void         thr_envelope_free (ThrEnvelope *self);

/* FALSE with THR_ERROR_INVALID_ARGUMENT where it is NULL or empty. */
gboolean thr_event_check_name (const char *name,
                               GError **error);

/* ---- listeners ---- */

struct _ThrListener
{
  gatomicrefcount ref_count; /* keeps the memory */
  gatomicrefcount use_count; /* keeps the data: the worker's, and each call's */
  _Atomic gboolean listening;
  guint64 owner;  /* the number of the worker it was added to */
  guint64 target; /* the number of the worker whose events alone it hears, or 0 */
  guint64 seq;    /* the order of registration */
  int priority;
  guint flags;
  ThrListenerFunc func;
  gpointer user_data;
  GDestroyNotify destroy;
  char name[];
};

/* On the worker's thread: calls those that hear the event. Returns how many. */
guint thr_listeners_hear (ThrWorker *worker,
                          ThrEvent *event);
void thr_listeners_drop_temporary (ThrWorker *worker);
void thr_listeners_clear (ThrWorker *worker);

/* ---- a run ---- */

/* One life of a worker's thread, from start to the end. A worker that is
 * started again has a new one, and the old one may still be cleaning up. */
struct _ThrRun
{
  gatomicrefcount ref_count;

  /* Set by start, before anybody else sees the run. */
  ThrWorker *worker;         /* a reference, until the run is over */
  ThrDispatcher *home;       /* of the worker; a reference */
  char *name;                /* the worker's at the start; NULL for a root */
  GMainContext *context;     /* a reference, until the run is over */
  ThrDispatcher *dispatcher; /* of the context; a reference until then */
  GSource *source;           /* the inbox in the context */
  gboolean own_context;      /* made for this run, and ended with it */
  gboolean is_root;          /* no function: it hears whenever the context runs */

  /* Guarded by the worker's inbox_lock. */
  ThrEnvelope *head, **tail; /* the inbox, oldest first */
  /* Whether it is not empty: a hint, and so relaxed, for the run's thread, which
   * looks without the lock. */
  _Atomic gboolean has_events;
  guint64 n_pushed;
  gboolean accepting;
  gboolean asleep; /* the next push wakes the context */
  GList *waiters;  /* ThrWaiter *; in wait_worker() for this run */
  GQueue laters;   /* ThrLater *, references; see thr-later.c */

  /* What pushers write and what the run's thread writes, for each event, is not
   * on one cache line. */
  guint8 padding[64];

  /* The run's thread's alone. */
  ThrEnvelope *batch; /* a part of the inbox, in order */
  guint64 n_processed;
  ThrBreak *innermost;    /* the break points on the stack */
  GQueue kept;            /* see thr-worker-wait.c */
  guint n_kept_unmatched; /* of those kept, how many no wait has seen */
  guint n_held;           /* laters that wait for a break point */
  guint64 n_looked_at;    /* events processed when it last looked on for more */
  gint64 iterated_at;     /* when the context was last iterated */
  gint64 busy_since;      /* when the inbox was last found empty; 0 = it is */
  gboolean flooded;
  gboolean paused;
  gboolean stopped; /* each break point from now on says so */
  GValue result;    /* what return_value() was given */

  /* The outcome: written by the run's thread with the inbox_lock held, before
   * `ended` is set; not changed afterwards. */
  GError *error; /* or NULL */
  gboolean succeeded;
  gboolean was_stopped;
  gboolean ended;

  /* Pushers that will still wake the context: raised with the inbox_lock held
   * while the run is accepting, and their last touch of the run when it falls.
   * The end of the run waits for them before it lets the context go. */
  _Atomic guint wakers;
  /* Whether a failure is to be logged. Sequentially consistent: who reports it
   * sets `reportable` and then looks at `takers`, those who wait and will take
   * it; one of them that gives up leaves these and then looks at `reportable`.
   * `handled` is set by who has it, or has logged it. */
  _Atomic gboolean handled;
  _Atomic gboolean reportable;
  _Atomic guint takers;
  /* Set with release when nothing more is to come, for join. */
  _Atomic gboolean over;
};

/* In wait_worker(), on its stack. */
struct _ThrWaiter
{
  ThrWorker *worker;
  /* Set with the inbox_lock of the awaited one held, before the event that says
   * so is fired; that event publishes it. */
  _Atomic gboolean released;
};

struct _ThrWorkerPrivate
{
  ThrWorker *self;  /* whose this is */
  guint64 number;   /* unique in the process */
  gboolean is_root; /* see thr-worker-root.c */
  gboolean is_for_ever; /* the main worker, which is never freed */
  ThrWorkerFunc func;
  gpointer user_data;
  GDestroyNotify destroy;
  ThrNode notify_node; /* in the inbox of home while `marks` has POSTED */

  /* What is to be announced: set by fetch_or, taken at home. */
  _Atomic guint marks;
  /* RUNNING and PAUSED, for the getters: what the run's thread last said. */
  _Atomic guint state;
  /* A ThrDaemon; written with tree_lock held. */
  _Atomic guint daemon;
  /* No failure is logged: those who run it take it. */
  _Atomic gboolean quiet;
  /* There is a model that is to follow the children; set at home before it is
   * filled, read after a change of the tree: tree_lock is between. */
  _Atomic gboolean has_model;

  GMutex inbox_lock; /* guards name, run, latest, and what says so in a run */
  char *name;        /* NULL = made of the number */
  ThrRun *run;       /* takes events; NULL where none does; a reference */
  ThrRun *latest;    /* the one started last; a reference */

  /* As in a run: pushers take the lock above, the worker's thread the one below. */
  guint8 padding[64];

  GMutex listeners_lock; /* guards the next five */
  GHashTable *listeners; /* name → GPtrArray of ThrListener, in order of call */
  guint64 listener_seq;
  guint64 listeners_version; /* counts the changes of the table and its lists, from 1 on */
  GPtrArray *last_list;      /* of the table, not empty: the one looked up last … */
  guint64 last_version;      /* … in this version */

  /* Guarded by tree_lock, which is one for all workers. */
  ThrWorker *parent;   /* a reference */
  GPtrArray *children; /* ThrWorker * that run: their runs hold them */
  GPtrArray *adopters; /* ThrWorker *, references: see thr_worker_adopt() */

  GListStore *model; /* home's; NULL until it is first asked for */
};

/* What stands in the public struct's reserved words. */
typedef struct
{
  GObject parent_instance;
  ThrHome home;
  ThrWorkerPrivate *priv;
} ThrWorkerInside;

static inline ThrWorkerPrivate *
thr_worker_priv (ThrWorker *self)
{
  return ((ThrWorkerInside *) self)->priv;
}

static inline ThrDispatcher *
thr_worker_home (ThrWorker *self)
{
  return ((ThrWorkerInside *) self)->home.dispatcher;
}

/* ThrWorkerPrivate.marks */
enum
{
  THR_WORKER_POSTED = 1 << 0,
  THR_WORKER_NAME = 1 << 1,
  THR_WORKER_PARENT = 1 << 2,
  THR_WORKER_DAEMON = 1 << 3,
  THR_WORKER_RUNNING = 1 << 4,
  THR_WORKER_PAUSED = 1 << 5,
  THR_WORKER_CHILDREN = 1 << 6, /* the model is to follow */
};

/* ThrWorkerPrivate.state */
enum
{
  THR_STATE_RUNNING = 1 << 0,
  THR_STATE_PAUSED = 1 << 1,
};

/* From any thread: has the properties of these bits announced at home. */
void thr_worker_mark (ThrWorker *self,
                      guint bits);
/* Destroys user data at home. */
void thr_worker_destroy_data (ThrWorker *self,
                              GDestroyNotify destroy,
                              gpointer data);
void thr_worker_set_func (ThrWorker *self,
                          const char *name,
                          ThrWorkerFunc func,
                          gpointer user_data,
                          GDestroyNotify destroy);
/* A worker without a function, which is a thread's that no worker has. */
ThrWorker *thr_worker_new_root (ThrDispatcher *home);
gboolean thr_worker_is_root (ThrWorker *self);

/* ---- the inbox: thr-worker-inbox.c ---- */

/* Whether a worker that does not run sends the event back. */
typedef enum
{
  THR_PUSH_REJECT,
  THR_PUSH_SILENT,
} ThrPush;

/* From any thread. FALSE where the worker does not run. */
gboolean thr_worker_push (ThrWorker *self,
                          ThrEvent *event,
                          ThrPush how);
/* The same for an event with this name, value and target. */
gboolean thr_worker_push_new (ThrWorker *self,
                              const char *name,
                              const GValue *value,
                              ThrWorker *target,
                              ThrPush how);

/* On the run's thread. */
void thr_inbox_attach (ThrRun *run);
void thr_inbox_detach (ThrRun *run);
ThrEnvelope *thr_inbox_next (ThrRun *run);
guint64 thr_inbox_n_pushed (ThrRun *run);
/* Takes no more, whoever pushes. */
void thr_inbox_close (ThrRun *run);

/* To @self, if it is included, and where it bubbles or is broadcast to those of
 * its ancestors and descendants that run. */
gboolean thr_worker_spread (ThrWorker *self,
                            ThrEvent *event,
                            gboolean included,
                            ThrPush how);

/* ---- a run: thr-worker-run.c ---- */

ThrRun *thr_run_ref (ThrRun *run);
void thr_run_unref (ThrRun *run);
/* With a context of its own, or, where that is NULL, with a new one. */
ThrRun *thr_run_new (ThrWorker *worker,
                     GMainContext *context,
                     GError **error);
/* From start on it takes events; FALSE where the worker runs already. */
gboolean thr_run_accept (ThrRun *run);
/* On its thread: the context is this thread's from here to there. */
void thr_run_open (ThrRun *run,
                   ThrWorkerFrame *frame);
void thr_run_shut (ThrRun *run,
                   ThrWorkerFrame *frame);
/* What keeps the worker and the context; the outcome stays. */
void thr_run_let_go (ThrRun *run);
/* The worker runs no more: whoever waits for that goes on. */
void thr_run_release (ThrRun *run);
/* Unsets a value of the run's, if it is one, at home. */
void thr_run_free_value (ThrRun *run,
                         GValue *value);
/* Around a wait that takes the failure, if there is one. */
void     thr_run_enter_taker (ThrRun       *run);
void     thr_run_leave_taker (ThrRun       *run);
/* Logs the failure of a run that nobody took. */
void thr_run_report (ThrRun *run);

/* The runs that are on the calling thread's stack: a worker's own, and those
 * that listeners, laters and overlays have put on top of it. */
struct _ThrWorkerFrame
{
  ThrWorkerFrame *below;
  ThrWorker *worker;
  ThrRun *run;
  ThrDispatcher *owner_before; /* see thr_run_open() */
};

void thr_frame_push (ThrWorkerFrame *frame,
                     ThrRun *run);
void thr_frame_pop (ThrWorkerFrame *frame);
/* The run of the worker that is on this thread, or NULL. */
ThrRun *thr_worker_run_here (ThrWorker *self);

/* ---- break points: thr-worker-wait.c ---- */

/* On the run's thread: has the event heard, and matches it to the waits. */
void thr_run_process (ThrRun *run,
                      ThrEvent *event);
/* Processes what is in the inbox, as long as the innermost break point wants
 * it and for 2 ms at most. */
void thr_run_process_some (ThrRun *run);
gboolean thr_run_wants_events (ThrRun *run);
/* On the run's thread, when it does not wait any more. */
void thr_run_hear_rest (ThrRun *run);
/* When the innermost break point wants to be looked at; -1 is never. */
gint64 thr_run_next_deadline (ThrRun *run);
/* Whether a later may be run now. */
gboolean thr_run_is_at_ease (ThrRun *run);

/* The run of the worker on this thread, or the error that this is not it. */
ThrRun *thr_worker_check_here (ThrWorker *self,
                               GError **error);
gboolean thr_worker_wait_released (ThrWorker *self,
                                   ThrWorker *other,
                                   ThrWaiter *waiter,
                                   gint64 timeout,
                                   GError **error);

/* ---- later: thr-later.c ---- */

void thr_laters_release (ThrRun *run);
void thr_laters_clear (ThrRun *run);

/* ---- who waits for whom: thr-worker-wait-graph.c ---- */

/* A wait of the calling thread for the end of a run. */
typedef struct
{
  ThrWorkerFrame *top;
  ThrRun *run;
  ThrDispatcher *poked; /* what to wake when the run is over, or NULL */
  guint64 seen;
  GList link;
} ThrRunWait;

/* FALSE where the run would, in the end, wait for this thread. */
gboolean thr_run_wait_begin (ThrRunWait *wait,
                             ThrRun *run,
                             ThrDispatcher *poked);
void thr_run_wait_end (ThrRunWait *wait);
/* Waits for `over`, without processing events; on the thread of @home it
 * delivers what has come there. FALSE once the deadline is over. */
gboolean thr_run_wait_over (ThrRunWait *wait,
                            gint64 deadline);
/* Sets `over`, and wakes who waits for it. */
void thr_run_set_over (ThrRun *run);

/* ---- the tree: thr-worker-tree.c ---- */

void thr_tree_enter (ThrRun *run);
void thr_tree_leave (ThrRun *run);
/* References, in the order of their start. */
GPtrArray *thr_tree_dup_children (ThrWorker *self);
/* References to those whom an event at @self reaches beside it. */
GPtrArray *thr_tree_dup_reached (ThrWorker *self,
                                 ThrEvent *event);
/* For the end of a run: has its children stop, and, those that are not daemons,
 * be waited for. */
void thr_tree_stop_children (ThrRun *run,
                             GPtrArray *children,
                             gboolean wait);
void thr_tree_clear (ThrWorker *self);
void thr_tree_set_default_parent (ThrWorker *self);
void thr_tree_sync_model (ThrWorker *self);
/* Makes a running worker a child of another's for a time, beside its parent:
 * so that it is stopped with it. */
void thr_worker_adopt (ThrWorker *self,
                       ThrWorker *child);
void thr_worker_disown (ThrWorker *self,
                        ThrWorker *child);

/* ---- roots: thr-worker-root.c ---- */

/* This thread's worker, or one for the time of a wait. Between enter and leave
 * it is what thr_worker_current() gives. */
typedef struct
{
  ThrWorker *worker; /* what to wait with */
  ThrRun *temporary; /* NULL where the thread had a worker */
  ThrWorkerFrame frame;
} ThrCurrent;

gboolean thr_current_enter (ThrCurrent *self,
                            GError **error);
void thr_current_leave (ThrCurrent *self);
/* The run of the main worker, if @worker is that one and this its thread. */
ThrRun *thr_root_run_here (ThrWorker *worker);

/* ---- all of them: thr-worker-shutdown.c ---- */

void     thr_workers_add         (ThrRun *run);
void     thr_workers_remove      (ThrRun *run);
/* Whether none is started any more. */
gboolean thr_workers_are_closed  (void);
/* How many there are; roots do not count. */
guint    thr_run_count           (void);

/* What thr_shutdown() does with workers. */
extern const ThrShutdownHook thr_workers_shutdown;

G_END_DECLS
