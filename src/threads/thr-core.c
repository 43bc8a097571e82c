/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "threads/thr-core-private.h"

#include "base/thr-error.h"
#include "base/thr-fork-private.h"
#include "base/thr-i18n-private.h"
#include "base/thr-parking-private.h"

/* ---- life ---- */

ThrCore *
thr_core_new (ThrThreadManager *manager,
              ThrDispatcher    *home)
{
  ThrCore *self = g_new0 (ThrCore, 1);
  g_autofree char *uid = thr_generate_uid ("-");

  self->ticket.run = thr_core_serve;
  self->node.deliver = thr_core_deliver;
  self->ref_count = 1;
  self->home = thr_dispatcher_weak_ref (home);
  g_strlcpy (self->uid, uid, sizeof self->uid);
  g_mutex_init (&self->queue_lock);
  g_cond_init (&self->quiet);
  g_queue_init (&self->kept);
  self->limit = 10;
  self->manager = manager;
  return self;
}

ThrCore *
thr_core_ref (ThrCore *self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

void
thr_core_unref (ThrCore *self)
{
  thr_core_unref_many (self, 1);
}

void
thr_core_unref_many (ThrCore *self,
                     guint    n)
{
  if (g_atomic_int_add (&self->ref_count, -(int) n) > (int) n)
    return;

  thr_registry_remove (self);
  g_assert (g_queue_is_empty (&self->kept) && self->idle_tasks == NULL);
  thr_queue_clear (&self->ready);
  thr_queue_clear (&self->held);
  g_clear_pointer (&self->index, g_hash_table_unref);
  g_clear_pointer (&self->groups, g_hash_table_unref);
  g_clear_pointer (&self->arrivals, g_ptr_array_unref);
  g_clear_pointer (&self->departures, g_ptr_array_unref);
  g_clear_pointer (&self->closings, g_ptr_array_unref);
  g_mutex_clear (&self->queue_lock);
  g_cond_clear (&self->quiet);
  g_free (self->name);
  thr_dispatcher_weak_unref (self->home);
  g_free (self);
}

/* From any thread. The manager may be on its way home to die by now: it waits
 * there as long as somebody holds it, and its pointer is cleared at home, under
 * this lock, before it is finalized.
 *
 * To take a reference may call a binding's toggle notify, so it is taken
 * unlocked; until it is, who clears the pointer waits (thr_core_drop_manager()).
 * That wait is for no code of the user: where a toggle notify is called, the
 * toggle reference is there, so that no last one is being dropped. */
ThrThreadManager *
thr_core_dup_manager (ThrCore *self)
{
  ThrThreadManager *manager;

  thr_core_lock (self);
  manager = self->manager;
  if (manager != NULL)
    atomic_fetch_add (&self->n_borrowing, 1);
  g_mutex_unlock (&self->queue_lock);

  if (manager == NULL)
    return NULL;
  g_object_ref (manager);
  atomic_fetch_sub (&self->n_borrowing, 1);
  return manager;
}

/* ---- changes ---- */

/* Something that the manager tells of has changed. Posts at most one node;
 * the caller posts it with thr_core_post() once it has unlocked. */
void
thr_core_changed_locked (ThrCore  *self,
                         gboolean *post)
{
  if (self->posted || (self->manager == NULL && self->idle_tasks == NULL))
    return;
  self->posted = TRUE;
  *post = TRUE;
  atomic_fetch_add (&self->n_posting, 1);
  thr_core_ref (self);
  thr_dispatcher_ref (self->home);
}

void
thr_core_post (ThrCore *self,
               gboolean post)
{
  if (!post)
    return;
  thr_dispatcher_push (self->home, &self->node);
  atomic_fetch_sub (&self->n_posting, 1);
}

static guint
n_runnable_locked (ThrCore *self)
{
  if (self->paused)
    return 0;
  return self->ready.length + (self->watching ? self->held.length : 0);
}

static void
queue_changed_locked (ThrCore *self)
{
  gboolean has_runnable = n_runnable_locked (self) > 0;

  /* Who looks on reads this all the time: it is written only where it changes. */
  if (atomic_load_explicit (&self->has_runnable, memory_order_relaxed) != has_runnable)
    atomic_store_explicit (&self->has_runnable, has_runnable, memory_order_relaxed);
}

/* ---- the way in ---- */

/* A job may be submitted without the lock, which costs its threads most of
 * their time where the jobs are short. It is open while somebody is sure to
 * take the lock soon: a thread that searches, or one that has to end its job
 * before any more can begin, and home, where what is to be told was posted.
 * Whoever takes the lock lets in first what has come, so that it finds all of
 * it where it belongs; and whoever ends one of these conditions, shuts. */
ThrItem thr_incoming_open;

/* The item has its part in the progress of the jobs since it was last idle. */
static void
count_in_locked (ThrCore *self,
                 ThrItem *item)
{
  ThrThreadWrapper *job = item->kind != THR_JOB_LIGHT ? thr_item_get_job (item) : NULL;
  ThrJobExtra *extra = job != NULL ? thr_job_peek_extra (job) : NULL;

  /* All of them done: it was idle since. */
  if (self->n_counted_done == self->n_counted)
    {
      self->n_counted = self->n_counted_done = 0;
      self->progress_sum = 0.0;
    }
  item->counted = TRUE;
  self->n_counted++;
  if (extra != NULL)
    {
      extra->counted_progress = MAX (thr_thread_wrapper_get_progress (job), 0.0);
      self->progress_sum += extra->counted_progress;
    }
}

/* What was appended counts in the progress once it is to run. */
void
thr_core_count_held_locked (ThrCore *self,
                            ThrItem *item)
{
  if (!item->counted)
    count_in_locked (self, item);
}

static void
enter_books_locked (ThrCore *self,
                    ThrItem *item)
{
  item->seq = ++self->last_seq;
  if (self->state == THR_CORE_NEW)
    self->state = THR_CORE_STARTED;
}

static void
let_in_locked (ThrCore *self,
               ThrItem *newest)
{
  ThrItem *item = newest, *oldest = NULL;

  while (item != NULL && item != THR_INCOMING_OPEN)
    {
      ThrItem *older = item->next;

      item->next = oldest;
      oldest = item;
      item = older;
    }

  while (oldest != NULL)
    {
      item = oldest;
      oldest = item->next;
      enter_books_locked (self, item);
      count_in_locked (self, item);
      item->place = THR_PLACE_READY;
      thr_queue_push (&self->ready, item);
    }
  queue_changed_locked (self);
}

void
thr_core_let_in_locked (ThrCore *self)
{
  let_in_locked (self, atomic_exchange_explicit (&self->incoming, THR_INCOMING_OPEN,
                                                 memory_order_acquire));
}

void
thr_core_shut_locked (ThrCore *self)
{
  if (!self->open)
    return;
  self->open = FALSE;
  let_in_locked (self, atomic_exchange_explicit (&self->incoming, THR_INCOMING_SHUT,
                                                 memory_order_acquire));
}

/* After a change to what decides on it. TRUE where it was shut and more had
 * come, which a thread may have to be started for. */
gboolean
thr_core_set_open_locked (ThrCore *self)
{
  guint length = self->ready.length;

  if (self->posted && self->state == THR_CORE_STARTED && !self->paused && !self->tracked &&
      self->index == NULL && !self->has_application &&
      (self->n_searching > 0 || self->n_threads >= self->limit))
    {
      if (!self->open)
        atomic_store_explicit (&self->incoming, THR_INCOMING_OPEN, memory_order_relaxed);
      self->open = TRUE;
      return FALSE;
    }
  thr_core_shut_locked (self);
  return self->ready.length > length;
}

/* Hands in an item that is to be run; FALSE where that takes the lock. */
static gboolean
offer (ThrCore *self,
       ThrItem *item)
{
  ThrItem *newest = atomic_load_explicit (&self->incoming, memory_order_relaxed);

  while (newest != THR_INCOMING_SHUT && !thr_is_fork)
    {
      item->next = newest;
      if (atomic_compare_exchange_weak_explicit (&self->incoming, &newest, item,
                                                 memory_order_release, memory_order_relaxed))
        return TRUE;
    }
  return FALSE;
}

/* Whether to start one more thread, which the caller does by
 * thr_core_start_thread() once it has unlocked. One at a time: a thread that
 * finds a job starts the next if there is more. */
gboolean
thr_core_wants_thread_locked (ThrCore *self)
{
  if (self->n_searching > 0 || self->n_threads >= self->limit || n_runnable_locked (self) == 0)
    return FALSE;
  self->n_searching++;
  self->n_threads++;
  return TRUE;
}

/* Unlocks, and does what a change to the queue calls for. */
void
thr_core_unlock (ThrCore *self)
{
  gboolean start = FALSE, hold, post = FALSE;

  thr_core_changed_locked (self, &post);
  do
    {
      queue_changed_locked (self);
      start = start || thr_core_wants_thread_locked (self);
    }
  while (thr_core_set_open_locked (self));
  thr_core_tell_quiet_locked (self);
  hold = self->has_application && !thr_core_is_quiet_locked (self);
  g_mutex_unlock (&self->queue_lock);

  if (start)
    thr_core_start_thread (self);
  thr_core_post (self, post);
  if (hold)
    thr_core_hold_application (self);
}

static void
activate_locked (ThrCore *self,
                 ThrItem *item)
{
  item->place = THR_PLACE_ACTIVE;
  self->n_running++;
  if (item->kind == THR_JOB_FUNCTION || item->kind == THR_JOB_LIGHT)
    self->n_functions++;
  if (item->kind != THR_JOB_LIGHT)
    thr_item_list_append (&self->live, item);
  if (item->kind == THR_JOB_SLICED || item->kind == THR_JOB_MANUAL)
    {
      ThrThreadWrapper *job = thr_item_get_job (item);

      /* Here, since whoever finds it may end it: RUNNING comes before that. */
      atomic_store_explicit (&job->started_at, g_get_monotonic_time (), memory_order_relaxed);
      atomic_fetch_or (&job->home.flags, THR_JOB_STARTED);
    }
}

/* It ends without being begun: thr_core_fail_item() says why, unlocked. */
static void
fail_locked (ThrCore *self,
             ThrItem *item)
{
  item->place = THR_PLACE_ENDED;
  self->n_ended++;
  self->n_failing++;
  if (item->kind != THR_JOB_LIGHT)
    thr_item_list_append (&self->live, item);
}

/* Has a job that takes no thread announced, and stepped; unlocked. */
static void
begin_at_home (ThrThreadWrapper *job)
{
  thr_job_mark (job, job->item.kind == THR_JOB_SLICED ? THR_JOB_STEP : 0);
}

static gboolean
is_paused (ThrItem *item)
{
  return item->kind != THR_JOB_LIGHT &&
         (atomic_load (&thr_item_get_job (item)->home.control) & THR_CONTROL_PAUSED);
}

static void
park_locked (ThrCore *self,
             ThrItem *item)
{
  item->place = THR_PLACE_PARKED;
  thr_item_list_append (&self->parked, item);
  self->n_parked++;
}

static void
unpark_locked (ThrCore *self,
               ThrItem *item)
{
  thr_item_list_remove (&self->parked, item);
  self->n_parked--;
}

static ThrQueue *
queue_of (ThrCore *self,
          ThrItem *item)
{
  return item->place == THR_PLACE_HELD ? &self->held : &self->ready;
}

/* Takes the next item to run, if there is one. */
ThrItem *
thr_core_take_locked (ThrCore  *self,
                      gboolean *post)
{
  guint n_runnable = n_runnable_locked (self);

  while (n_runnable > 0)
    {
      ThrItem *item = thr_queue_peek (&self->ready);
      ThrItem *held = self->watching ? thr_queue_peek (&self->held) : NULL;

      if (item == NULL ||
          (held != NULL && (held->priority < item->priority ||
                            (held->priority == item->priority && held->seq < item->seq))))
        item = held;

      thr_queue_remove (queue_of (self, item), item);
      if (--n_runnable == 0)
        queue_changed_locked (self);
      if (is_paused (item))
        {
          park_locked (self, item);
          continue;
        }
      activate_locked (self, item);
      thr_core_changed_locked (self, post);
      return item;
    }
  return NULL;
}

/* ---- submission ---- */

static gboolean
claim_for (ThrCore          *self,
           ThrThreadWrapper *job,
           GError          **error)
{
  ThrSpot *spot = thr_parking_spot (job);
  g_autofree char *name = NULL;
  GEnumClass *states;
  gboolean claimed;

  if (g_atomic_pointer_get (&job->core) == NULL && job->function.func == NULL &&
      job->item.kind != THR_JOB_MANUAL)
    {
      name = thr_thread_wrapper_dup_name (job);
      g_set_error (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT,
                   _("The job “%s” has no function: make it with thr_thread_wrapper_new ()"),
                   name);
      return FALSE;
    }

  g_mutex_lock (&spot->lock);
  claimed = g_atomic_pointer_get (&job->core) == NULL;
  if (claimed)
    g_atomic_pointer_set (&job->core, self);
  g_mutex_unlock (&spot->lock);
  if (claimed)
    {
      thr_core_ref (self);
      return TRUE;
    }

  name = thr_thread_wrapper_dup_name (job);
  states = g_type_class_ref (THR_TYPE_EXECUTION_STATE);
  g_set_error (error, THR_ERROR, THR_ERROR_INVALID_STATE,
               _("The job “%s” was submitted before and is %s: make a new one for each run"), name,
               g_enum_get_value (states, thr_job_get_state (job))->value_nick);
  g_type_class_unref (states);
  return FALSE;
}

static void
take_off (ThrThreadWrapper *job)
{
  guint flags = atomic_load (&job->home.flags);

  g_object_ref (job);
  /* A mark that was set before is announced by the first delivery. */
  while (!atomic_compare_exchange_weak (&job->home.flags, &flags,
                                        (flags & ~THR_JOB_POSTED) | THR_JOB_FLYING))
    ;
  /* What it was bound to went on another thread, which left the rest to us. */
  if (flags & THR_JOB_SILENT)
    atomic_fetch_or (&job->home.control, THR_CONTROL_CANCELLED);
}

static gboolean
takes_none_locked (ThrCore *self)
{
  return self->state != THR_CORE_STARTED || thr_is_fork;
}

/* What is not queued, because it begins or ends at once, is listed. */
static void
submit_job_locked (ThrCore          *self,
                   ThrThreadWrapper *job,
                   gboolean          hold,
                   GSList          **begun,
                   GSList          **failed)
{
  ThrItem *item = &job->item;

  enter_books_locked (self, item);
  if (!hold || self->watching)
    count_in_locked (self, item);
  if (self->index != NULL)
    g_hash_table_insert (self->index, &job->number, job);
  if (self->tracked)
    g_ptr_array_add (self->arrivals, g_object_ref (job));

  if (takes_none_locked (self) || thr_job_is_ending (job))
    {
      fail_locked (self, item);
      *failed = g_slist_prepend (*failed, job);
    }
  else if (hold)
    {
      item->place = THR_PLACE_HELD;
      thr_queue_push (&self->held, item);
    }
  else if (item->kind == THR_JOB_FUNCTION)
    {
      item->place = THR_PLACE_READY;
      thr_queue_push (&self->ready, item);
    }
  else if (self->paused && item->kind == THR_JOB_SLICED)
    park_locked (self, item);
  else
    {
      activate_locked (self, item);
      *begun = g_slist_prepend (*begun, job);
    }
}

/* Without the lock; FALSE where that is not possible. */
static gboolean
submit_openly (ThrCore          *self,
               ThrThreadWrapper *job)
{
  if (job->item.kind != THR_JOB_FUNCTION ||
      (atomic_load_explicit (&job->home.control, memory_order_relaxed) &
       (THR_CONTROL_FOLLOWS | THR_CONTROL_END)) ||
      !offer (self, &job->item))
    return FALSE;

  /* Who asked it to end before it could be found in the queue leaves it to us:
   * one of the two sees what the other did. */
  atomic_thread_fence (memory_order_seq_cst);
  if ((atomic_load (&job->home.control) & THR_CONTROL_END) && thr_core_withdraw (job))
    thr_core_fail_item (self, &job->item, thr_job_ending_error (job));
  return TRUE;
}

/* All or none of them; what a stopped manager or a cancel before makes of them
 * is delivered. */
gboolean
thr_core_submit (ThrCore           *self,
                 ThrThreadWrapper **jobs,
                 gsize              n_jobs,
                 gboolean           hold,
                 GError           **error)
{
  GSList *begun = NULL, *failed = NULL;

  for (gsize i = 0; i < n_jobs; i++)
    {
      if (claim_for (self, jobs[i], error))
        continue;
      while (i-- > 0)
        {
          g_atomic_pointer_set (&jobs[i]->core, NULL);
          thr_core_unref (self);
        }
      return FALSE;
    }

  for (gsize i = 0; i < n_jobs; i++)
    take_off (jobs[i]);
  if (n_jobs == 1 && !hold && submit_openly (self, jobs[0]))
    return TRUE;

  for (gsize i = 0; i < n_jobs; i++)
    {
      if (atomic_load_explicit (&jobs[i]->home.control, memory_order_relaxed) & THR_CONTROL_FOLLOWS)
        thr_cancel_group_enter (jobs[i]);
    }
  thr_core_lock (self);
  for (gsize i = 0; i < n_jobs; i++)
    submit_job_locked (self, jobs[i], hold, &begun, &failed);
  thr_core_unlock (self);

  /* The caller's references keep the jobs, some of which may be over by now. */
  begun = g_slist_reverse (begun);
  for (; begun != NULL; begun = g_slist_delete_link (begun, begun))
    begin_at_home (begun->data);
  failed = g_slist_reverse (failed);
  for (; failed != NULL; failed = g_slist_delete_link (failed, failed))
    {
      ThrThreadWrapper *job = failed->data;

      thr_core_fail_item (self, &job->item,
                          thr_job_is_ending (job) ? thr_job_ending_error (job)
                                                  : thr_core_stopped_error ());
    }
  return TRUE;
}

/* A light job. */
void
thr_core_push (ThrCore *self,
               ThrItem *item)
{
  gboolean stopped;

  if (offer (self, item))
    return;

  thr_core_lock (self);
  enter_books_locked (self, item);
  count_in_locked (self, item);
  stopped = takes_none_locked (self);
  if (stopped)
    fail_locked (self, item);
  else
    {
      item->place = THR_PLACE_READY;
      thr_queue_push (&self->ready, item);
    }
  thr_core_unlock (self);
  if (stopped)
    thr_core_fail_item (self, item, thr_core_stopped_error ());
}

/* ---- start, limit ---- */

void
thr_core_start (ThrCore *self)
{
  thr_core_lock (self);
  self->state = THR_CORE_STARTED;
  thr_core_unlock (self);
}

void
thr_core_set_limit (ThrCore *self,
                    guint    limit)
{
  thr_core_lock (self);
  self->limit = limit;
  thr_core_unlock (self);
}

/* ---- pause, priority ---- */

void
thr_core_set_paused (ThrCore *self,
                     gboolean paused)
{
  g_autoptr (GPtrArray) begun = g_ptr_array_new ();
  ThrItem *item, *next;

  thr_core_lock (self);
  self->paused = paused;
  for (item = paused ? NULL : self->parked.head; item != NULL; item = next)
    {
      next = item->next;
      if (item->kind == THR_JOB_FUNCTION || is_paused (item))
        continue;
      unpark_locked (self, item);
      activate_locked (self, item);
      g_ptr_array_add (begun, g_object_ref (thr_item_get_job (item)));
    }
  thr_core_unlock (self);

  for (guint i = 0; i < begun->len; i++)
    {
      begin_at_home (begun->pdata[i]);
      g_object_unref (begun->pdata[i]);
    }
}

/* The job was resumed: what waits for that in this manager goes on. */
void
thr_core_unpark (ThrThreadWrapper *job)
{
  ThrCore *self = job->core;
  ThrItem *item = &job->item;
  gboolean begin = FALSE;

  thr_core_lock (self);
  if (item->place == THR_PLACE_PARKED && item->kind == THR_JOB_FUNCTION)
    {
      unpark_locked (self, item);
      item->place = THR_PLACE_READY;
      thr_queue_unpop (&self->ready, item);
    }
  else if (item->place == THR_PLACE_PARKED && !self->paused)
    {
      unpark_locked (self, item);
      activate_locked (self, item);
      begin = TRUE;
    }
  thr_core_unlock (self);

  if (begin)
    begin_at_home (job);
}

void
thr_core_set_priority (ThrThreadWrapper *job,
                       int               priority)
{
  ThrSpot *spot = thr_parking_spot (job);
  ThrItem *item = &job->item;
  ThrCore *self;

  /* Not while it is being submitted: see claim_for(). */
  g_mutex_lock (&spot->lock);
  self = g_atomic_pointer_get (&job->core);
  if (self == NULL)
    g_atomic_int_set (&item->priority, priority);
  g_mutex_unlock (&spot->lock);
  if (self == NULL)
    return;

  thr_core_lock (self);
  if (item->place == THR_PLACE_READY || item->place == THR_PLACE_HELD)
    {
      thr_queue_remove (queue_of (self, item), item);
      g_atomic_int_set (&item->priority, priority);
      thr_queue_push (queue_of (self, item), item);
    }
  else
    g_atomic_int_set (&item->priority, priority);
  g_mutex_unlock (&self->queue_lock);
}

/* ---- the end of an item ---- */

/* Takes an item that was not begun out of the queue: its end is the caller's
 * to make known. FALSE where it was begun, or ended, before. */
gboolean
thr_core_withdraw_locked (ThrCore *self,
                          ThrItem *item)
{
  switch ((ThrPlace) item->place)
    {
    case THR_PLACE_READY:
    case THR_PLACE_HELD:
      thr_queue_remove (queue_of (self, item), item);
      break;
    case THR_PLACE_PARKED:
      unpark_locked (self, item);
      break;
    default:
      return FALSE;
    }

  if (item->of_run)
    self->n_of_run--;
  item->of_run = FALSE;
  fail_locked (self, item);
  return TRUE;
}

gboolean
thr_core_withdraw (ThrThreadWrapper *job)
{
  ThrCore *self = g_atomic_pointer_get (&job->core);
  gboolean withdrawn;

  if (self == NULL)
    return FALSE;
  thr_core_lock (self);
  withdrawn = thr_core_withdraw_locked (self, &job->item);
  thr_core_unlock (self);
  return withdrawn;
}

/* Takes a job off the queue for the calling thread to run. */
gboolean
thr_core_claim (ThrThreadWrapper *job)
{
  ThrCore *self = job->core;
  ThrItem *item = &job->item;
  gboolean claimed;

  thr_core_lock (self);
  claimed = !self->paused && !is_paused (item) &&
            (item->place == THR_PLACE_READY || (item->place == THR_PLACE_HELD && self->watching));
  if (claimed)
    {
      thr_queue_remove (queue_of (self, item), item);
      activate_locked (self, item);
    }
  thr_core_unlock (self);
  return claimed;
}

/* The outcome is there; what is returned is for once it is unlocked. */
static ThrEnd
set_done_locked (ThrCore *self,
                 ThrItem *item)
{
  ThrEnd end = { NULL, NULL };

  if (item->kind != THR_JOB_LIGHT)
    end = thr_job_set_done (thr_item_get_job (item));
  thr_core_tell_quiet_locked (self);
  return end;
}

/* An item that was begun has ended. */
ThrEnd
thr_core_end_item_locked (ThrCore *self,
                          ThrItem *item)
{
  item->place = THR_PLACE_ENDED;
  self->n_running--;
  self->n_ended++;
  if (item->kind == THR_JOB_FUNCTION || item->kind == THR_JOB_LIGHT)
    self->n_functions--;
  if (item->of_run)
    self->n_of_run--;
  item->of_run = FALSE;
  return set_done_locked (self, item);
}

/* The same for a job that is not ended by a thread of the pool. */
void
thr_core_end_item (ThrCore *self,
                   ThrItem *item)
{
  ThrEnd end;

  thr_core_lock (self);
  end = thr_core_end_item_locked (self, item);
  thr_core_unlock (self);
  thr_job_announce_end (&end);
}

GError *
thr_core_stopped_error (void)
{
  if (thr_is_fork)
    return thr_fork_error ();
  return g_error_new_literal (THR_ERROR, THR_ERROR_STOPPED,
                              _("The manager is stopped: start it again before giving it jobs"));
}

/* Ends an item that never ran, and was taken out of the queue, with @error. */
void
thr_core_fail_item (ThrCore *self,
                    ThrItem *item,
                    GError  *error)
{
  gboolean is_light = item->kind == THR_JOB_LIGHT;
  ThrEnd end;

  if (is_light)
    thr_light_job_fail (item, error);
  else
    thr_job_set_failure (thr_item_get_job (item), error);

  thr_core_ref (self);
  thr_core_lock (self);
  self->n_failing--;
  end = set_done_locked (self, item);
  g_mutex_unlock (&self->queue_lock);
  thr_core_unref (self);

  if (is_light)
    thr_light_job_post (item);
  else
    thr_job_announce_end (&end);
}
