/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "threads/thr-core-private.h"

/* What a manager knows of its jobs, and what is told of it at home. */

/* Nothing runs or is to run. */
gboolean
thr_core_is_quiet_locked (ThrCore *self)
{
  return self->n_running == 0 && self->n_failing == 0 && self->n_parked == 0 &&
         self->ready.length == 0 && !thr_core_has_incoming (self) &&
         !(self->watching && self->held.length > 0);
}

/* Ends the waits for that, if it is so. */
void
thr_core_tell_quiet_locked (ThrCore *self)
{
  if (self->n_quiet_waiters > 0 && thr_core_is_quiet_locked (self))
    g_cond_broadcast (&self->quiet);
}

/* And nothing is to be delivered. */
gboolean
thr_core_is_idle_locked (ThrCore *self)
{
  return self->n_ended == 0 && thr_core_is_quiet_locked (self);
}

void
thr_core_snapshot_locked (ThrCore     *self,
                          ThrSnapshot *snapshot)
{
  snapshot->n_queued = self->ready.length + self->held.length + self->n_parked;
  snapshot->n_running = self->n_running;
  snapshot->thread_limit = self->limit;
  snapshot->keep_finished = self->keep;
  snapshot->busy = !thr_core_is_idle_locked (self);
  snapshot->started = self->state == THR_CORE_STARTED;
  snapshot->paused = self->paused;
  if (self->n_counted == 0)
    snapshot->progress = -1.0;
  else
    snapshot->progress =
      CLAMP ((self->n_counted_done + self->progress_sum) / self->n_counted, 0.0, 1.0);
}

static void
begin_tracking_locked (ThrCore *self)
{
  GDestroyNotify unref = (GDestroyNotify) thr_job_unref_at_home;

  self->arrivals = g_ptr_array_new_with_free_func (unref);
  self->departures = g_ptr_array_new_with_free_func (unref);
}

static void
begin_history_locked (ThrCore *self)
{
  self->closings = g_ptr_array_new_with_free_func ((GDestroyNotify) thr_job_unref_at_home);
  self->n_forgotten = 0;
}

/* The core's node has come home: what changed is told.
 *
 * What is told first is taken first, and the rest once that is through: a handler
 * may run a main loop, and so have all of it told that came later. */
void
thr_core_deliver (ThrNode *node)
{
  ThrCore *self = (ThrCore *) ((guint8 *) node - G_STRUCT_OFFSET (ThrCore, node));
  ThrThreadManager *manager = self->manager; /* it is cleared at home */
  gboolean tells = manager != NULL && !thr_dispatcher_is_closed (self->home);
  g_autoptr (GPtrArray) arrivals = NULL;
  g_autoptr (GPtrArray) departures = NULL;
  ThrSnapshot snapshot;
  GList *tasks = NULL;

  thr_assert_home (self->home);

  /* Unlocked, for toggle notifies. */
  if (manager != NULL)
    g_object_ref (manager);

  thr_core_lock (self);
  self->posted = FALSE;
  thr_core_shut_locked (self);
  if (self->closings != NULL && (self->closings->len > 0 || self->n_forgotten > 0))
    {
      GPtrArray *closings = g_steal_pointer (&self->closings);
      guint n_forgotten = self->n_forgotten;

      begin_history_locked (self);
      g_mutex_unlock (&self->queue_lock);
      if (tells)
        thr_thread_manager_settle_history (manager, closings, n_forgotten);
      else
        g_ptr_array_unref (closings);
      thr_core_lock (self);
    }
  thr_core_snapshot_locked (self, &snapshot);
  if (self->tracked)
    {
      arrivals = g_steal_pointer (&self->arrivals);
      departures = g_steal_pointer (&self->departures);
      begin_tracking_locked (self);
    }
  if (thr_core_is_idle_locked (self))
    tasks = g_steal_pointer (&self->idle_tasks);
  g_mutex_unlock (&self->queue_lock);

  if (tells)
    thr_thread_manager_settle (manager, &snapshot, arrivals, departures);
  thr_core_complete_tasks (self, tasks);
  g_clear_object (&manager);
  thr_dispatcher_unref (self->home);
  thr_core_unref (self);
}

/* ---- departures ---- */

static void
count_done_locked (ThrCore *self,
                   double   progress)
{
  self->n_counted_done++;
  self->progress_sum = MAX (self->progress_sum - progress, 0.0);
}

/* The manager has no more to do with the job. */
static void
let_go_locked (ThrCore          *self,
               ThrThreadWrapper *job,
               GPtrArray        *gone)
{
  if (self->index != NULL)
    g_hash_table_remove (self->index, &job->number);
  if (self->tracked)
    g_ptr_array_add (self->departures, g_object_ref (job));
  if (gone != NULL)
    g_ptr_array_add (gone, job);
}

static void
trim_kept_locked (ThrCore   *self,
                  GPtrArray *gone)
{
  while (g_queue_get_length (&self->kept) > self->keep)
    {
      self->n_forgotten++;
      let_go_locked (self, g_queue_pop_head (&self->kept), gone);
    }
}

static void
free_gone (GPtrArray *gone)
{
  for (guint i = 0; gone != NULL && i < gone->len; i++)
    thr_job_unref_at_home (gone->pdata[i]);
  g_clear_pointer (&gone, g_ptr_array_unref);
}

static void
close_job_locked (ThrCore          *self,
                  ThrThreadWrapper *job,
                  GPtrArray        *gone)
{
  ThrJobExtra *extra = thr_job_peek_extra (job);

  thr_item_list_remove (&self->live, &job->item);
  job->item.place = THR_PLACE_LEFT;
  if (job->item.counted)
    count_done_locked (self, extra != NULL ? extra->counted_progress : 0.0);
  if (self->keep == 0)
    let_go_locked (self, job, NULL);
  else
    {
      g_queue_push_tail (&self->kept, g_object_ref (job));
      if (self->closings != NULL)
        g_ptr_array_add (self->closings, g_object_ref (job));
      trim_kept_locked (self, gone);
    }
}

static void
flush_closed (ThrBatch *batch)
{
  ThrCore *self = batch->owner;
  guint n_light = batch->count, n_jobs = batch->n_items;
  ThrThreadWrapper *jobs[THR_BATCH_SIZE];
  ThrCancelGroup *left[THR_BATCH_SIZE];
  GPtrArray *gone = NULL;
  gboolean post = FALSE;

  memcpy (jobs, batch->items, n_jobs * sizeof *jobs);
  batch->flush = NULL;

  thr_core_lock (self);
  self->n_ended -= n_jobs + n_light;
  self->n_counted_done += n_light;
  if (self->keep > 0)
    gone = g_ptr_array_new ();
  for (guint i = 0; i < n_jobs; i++)
    {
      close_job_locked (self, jobs[i], gone);
      left[i] = thr_cancel_group_leave_locked (jobs[i]);
    }
  thr_core_changed_locked (self, &post);
  g_mutex_unlock (&self->queue_lock);

  thr_core_post (self, post);
  for (guint i = 0; i < n_jobs; i++)
    {
      thr_cancel_group_left (left[i]);
      jobs[i]->home.closing = FALSE;
      thr_job_land (jobs[i]);
    }
  free_gone (gone);
  thr_core_unref_many (self, n_light + 1);
}

static ThrBatch *
get_batch (ThrCore *self)
{
  ThrBatch *batch = thr_local.batch;

  if (batch->flush != NULL && (batch->owner != self || batch->n_items == THR_BATCH_SIZE))
    batch->flush (batch);
  if (batch->flush == NULL)
    {
      batch->flush = flush_closed;
      batch->owner = thr_core_ref (self);
      batch->count = batch->n_items = 0;
    }
  return batch;
}

/* At the job's home: it is CLOSED. The books are brought up to date for a batch
 * at once, at the end of the dispatch; until then the manager counts it as one
 * that is being delivered. Ends the job's flight. */
void
thr_core_job_closed (ThrCore          *self,
                     ThrThreadWrapper *job)
{
  ThrBatch *batch = get_batch (self);

  job->home.closing = TRUE;
  batch->items[batch->n_items++] = job;
}

/* The same for a light job, which leaves its reference to the core here. */
void
thr_core_light_closed (ThrCore *self)
{
  get_batch (self)->count++;
}

void
thr_core_set_keep (ThrCore *self,
                   guint    keep)
{
  GPtrArray *gone = g_ptr_array_new ();
  gboolean post = FALSE;

  thr_core_lock (self);
  self->keep = keep;
  trim_kept_locked (self, gone);
  thr_core_changed_locked (self, &post);
  g_mutex_unlock (&self->queue_lock);

  thr_core_post (self, post);
  free_gone (gone);
}

/* At the job's home: its progress is announced. */
void
thr_core_count_progress (ThrThreadWrapper *job,
                         double            progress)
{
  ThrJobExtra *extra = thr_job_peek_extra (job);
  ThrCore *self = job->core;
  gboolean post = FALSE;

  if (self == NULL)
    return;
  progress = MAX (progress, 0.0);
  thr_core_lock (self);
  if (job->item.counted)
    {
      self->progress_sum += progress - extra->counted_progress;
      extra->counted_progress = progress;
      thr_core_changed_locked (self, &post);
    }
  g_mutex_unlock (&self->queue_lock);
  thr_core_post (self, post);
}

/* ---- the jobs ---- */

static void
collect (ThrItem *item,
         gpointer data)
{
  if (item->kind != THR_JOB_LIGHT)
    g_ptr_array_add (data, g_object_ref (thr_item_get_job (item)));
}

static int
compare_seq (gconstpointer a,
             gconstpointer b)
{
  const ThrThreadWrapper *ja = *(ThrThreadWrapper *const *) a;
  const ThrThreadWrapper *jb = *(ThrThreadWrapper *const *) b;

  return (ja->item.seq > jb->item.seq) - (ja->item.seq < jb->item.seq);
}

static GPtrArray *
dup_jobs_locked (ThrCore *self)
{
  GPtrArray *jobs = g_ptr_array_new_with_free_func (g_object_unref);

  for (GList *l = self->kept.head; l != NULL; l = l->next)
    g_ptr_array_add (jobs, g_object_ref (l->data));
  for (ThrItem *item = self->live.head; item != NULL; item = item->next)
    collect (item, jobs);
  for (ThrItem *item = self->parked.head; item != NULL; item = item->next)
    collect (item, jobs);
  thr_queue_foreach (&self->ready, collect, jobs);
  thr_queue_foreach (&self->held, collect, jobs);
  return jobs;
}

/* All that have not left, in the order of their submission. */
GPtrArray *
thr_core_dup_jobs (ThrCore *self)
{
  GPtrArray *jobs;

  thr_batch_flush ();
  thr_core_lock (self);
  jobs = dup_jobs_locked (self);
  g_mutex_unlock (&self->queue_lock);

  g_ptr_array_sort (jobs, compare_seq);
  return jobs;
}

/* The same, and from here on arrivals and departures are told. */
GPtrArray *
thr_core_track (ThrCore *self)
{
  GPtrArray *jobs;

  thr_core_lock (self);
  g_assert (!self->tracked);
  thr_core_shut_locked (self);
  self->tracked = TRUE;
  begin_tracking_locked (self);
  jobs = dup_jobs_locked (self);
  g_mutex_unlock (&self->queue_lock);

  g_ptr_array_sort (jobs, compare_seq);
  return jobs;
}

/* The jobs that are kept, the oldest first; and from here on it is told which
 * come and go. */
GPtrArray *
thr_core_track_history (ThrCore *self)
{
  GPtrArray *jobs = g_ptr_array_new ();

  thr_core_lock (self);
  g_assert (self->closings == NULL);
  for (GList *l = self->kept.head; l != NULL; l = l->next)
    g_ptr_array_add (jobs, g_object_ref (l->data));
  begin_history_locked (self);
  g_mutex_unlock (&self->queue_lock);
  return jobs;
}

/* The table is made by the first look-up: most programs never look. */
ThrThreadWrapper *
thr_core_lookup (ThrCore *self,
                 guint64  number)
{
  ThrThreadWrapper *job;

  thr_batch_flush ();
  thr_core_lock (self);
  if (self->index == NULL)
    {
      GPtrArray *jobs;

      thr_core_shut_locked (self);
      jobs = dup_jobs_locked (self);
      self->index = g_hash_table_new (g_int64_hash, g_int64_equal);
      for (guint i = 0; i < jobs->len; i++)
        {
          job = jobs->pdata[i];
          g_hash_table_insert (self->index, &job->number, job);
          g_object_unref (job);
        }
      g_ptr_array_set_free_func (jobs, NULL);
      g_ptr_array_unref (jobs);
    }
  job = g_hash_table_lookup (self->index, &number);
  if (job != NULL)
    g_object_ref (job);
  g_mutex_unlock (&self->queue_lock);
  return job;
}

/* ---- deliveries ---- */

/* Whether the calling thread is in a callback or handler of one of its jobs. */
gboolean
thr_delivery_is_inside (ThrCore *core)
{
  for (ThrDelivery *delivery = thr_local.deliveries; delivery != NULL; delivery = delivery->below)
    {
      if (delivery->core == core)
        return TRUE;
    }
  return FALSE;
}

/* ---- failures that nobody took ---- */

typedef struct
{
  ThrThreadManager *manager; /* a reference */
  ThrThreadWrapper *job;     /* a reference, or NULL for a light one */
  GError *error;
} Report;

static void
report_cb (gpointer data)
{
  Report *self = data;

  if (thr_gate_is_open ())
    thr_thread_manager_emit_unhandled (self->manager, self->job, self->error);

  g_object_unref (self->manager);
  if (self->job != NULL)
    thr_job_unref_at_home (self->job);
  g_error_free (self->error);
  g_free (self);
}

/* At the job's home: for a light job in its delivery, else when the job is
 * disposed. That may be by a garbage collector, which cannot bear that anybody is
 * called meanwhile: they are called later. */
void
thr_core_report_unhandled (ThrCore          *self,
                           ThrThreadWrapper *job,
                           const GError     *error)
{
  ThrThreadManager *manager = thr_core_dup_manager (self);
  Report *report;

  if (manager == NULL)
    {
      if (thr_gate_is_open ())
        thr_log_unhandled (job, error);
      return;
    }

  report = g_new (Report, 1);
  report->manager = manager;
  report->job = job != NULL ? g_object_ref (job) : NULL;
  report->error = g_error_copy (error);
  if (job == NULL && thr_dispatcher_is_home (self->home))
    report_cb (report);
  else
    thr_dispatcher_invoke (self->home, report_cb, report);
}
