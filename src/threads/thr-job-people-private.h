/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "threads/thr-job-private.h"

G_BEGIN_DECLS

/* The properties of jobs that are for people, and for what shows them. Their
 * numbers follow those of the class. */
#define THR_JOB_PEOPLE_FIRST_PROP 100

enum
{
  THR_PROP_FRACTION_TEXT,
  THR_PROP_ELAPSED,
  THR_PROP_REMAINING,
  THR_N_MOVING_PROPS,
  THR_PROP_CAN_PAUSE = THR_N_MOVING_PROPS,
  THR_PROP_CAN_CANCEL,
  THR_PROP_FINISHED,
  THR_PROP_TAGS,
  THR_PROP_ITEMS,
  THR_N_PEOPLE_PROPS,
};

extern GParamSpec *thr_job_people_props[THR_N_PEOPLE_PROPS];

/* thr-job-traits.c */
void     thr_job_people_class_init   (GObjectClass     *klass);
gboolean thr_job_people_get_property (ThrThreadWrapper *self,
                                      guint             prop_id,
                                      GValue           *value);
gboolean thr_job_people_set_property (ThrThreadWrapper *self,
                                      guint             prop_id,
                                      const GValue     *value);

/* At home: notifies those of these bits. */
void     thr_job_people_emit         (ThrThreadWrapper *self,
                                      guint             bits);

/* thr-job-people.c: those that move by themselves. Made for a job when they are
 * first needed. */
void     thr_job_people_free         (ThrJobExtra      *extra);

/* From any thread. */
void     thr_job_people_paused       (ThrThreadWrapper *self);

/* At home. */
void     thr_job_people_look         (ThrThreadWrapper *self);
void     thr_job_people_end          (ThrThreadWrapper *self);
void     thr_job_people_stop         (ThrJobExtra      *extra);

G_END_DECLS
