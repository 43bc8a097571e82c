/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "base/thr-enums.h"

/**
 * ThrExecutionState:
 * @THR_EXECUTION_STATE_CREATED: made, perhaps queued, not begun
 * @THR_EXECUTION_STATE_RUNNING: its function is running
 * @THR_EXECUTION_STATE_RETURNED: its function succeeded; on_success is called
 *   in this state
 * @THR_EXECUTION_STATE_EXCEPTION: its function failed, or the job was ended
 *   before it began; on_fail is called in this state
 * @THR_EXECUTION_STATE_FINISHING: on_end is called in this state
 * @THR_EXECUTION_STATE_CLOSED: all is over
 *
 * Where a job is in its life.
 *
 * A job goes through these in their order, and through just one of `RETURNED`
 * and `EXCEPTION`. A job that ends before it began skips `RUNNING`.
 *
 * Since: 1.0
 */
G_DEFINE_ENUM_TYPE (ThrExecutionState, thr_execution_state,
                    G_DEFINE_ENUM_VALUE (THR_EXECUTION_STATE_CREATED, "created"),
                    G_DEFINE_ENUM_VALUE (THR_EXECUTION_STATE_RUNNING, "running"),
                    G_DEFINE_ENUM_VALUE (THR_EXECUTION_STATE_RETURNED, "returned"),
                    G_DEFINE_ENUM_VALUE (THR_EXECUTION_STATE_EXCEPTION, "exception"),
                    G_DEFINE_ENUM_VALUE (THR_EXECUTION_STATE_FINISHING, "finishing"),
                    G_DEFINE_ENUM_VALUE (THR_EXECUTION_STATE_CLOSED, "closed"))

/**
 * ThrShutdownMode:
 * @THR_SHUTDOWN_MODE_DRAIN: take no new jobs, but run all that are queued
 * @THR_SHUTDOWN_MODE_CANCEL: end the queued jobs and cancel the running ones
 * @THR_SHUTDOWN_MODE_HALT: end the queued jobs and halt the running ones
 *
 * What becomes of the jobs of a manager that shuts down.
 *
 * Since: 1.0
 */
G_DEFINE_ENUM_TYPE (ThrShutdownMode, thr_shutdown_mode,
                    G_DEFINE_ENUM_VALUE (THR_SHUTDOWN_MODE_DRAIN, "drain"),
                    G_DEFINE_ENUM_VALUE (THR_SHUTDOWN_MODE_CANCEL, "cancel"),
                    G_DEFINE_ENUM_VALUE (THR_SHUTDOWN_MODE_HALT, "halt"))

/**
 * ThrQuitAnswer:
 * @THR_QUIT_ANSWER_STAY: do not quit
 * @THR_QUIT_ANSWER_LATER: the answer comes by
 *   [method@Thr.ThreadManager.answer_quit]
 * @THR_QUIT_ANSWER_DRAIN: take no new jobs, and quit when all are `CLOSED`
 * @THR_QUIT_ANSWER_CANCEL: cancel all jobs, and quit when they are `CLOSED`, or
 *   after two seconds
 *
 * Whether an application quits while there is work.
 *
 * Since: 1.0
 */
G_DEFINE_ENUM_TYPE (ThrQuitAnswer, thr_quit_answer,
                    G_DEFINE_ENUM_VALUE (THR_QUIT_ANSWER_STAY, "stay"),
                    G_DEFINE_ENUM_VALUE (THR_QUIT_ANSWER_LATER, "later"),
                    G_DEFINE_ENUM_VALUE (THR_QUIT_ANSWER_DRAIN, "drain"),
                    G_DEFINE_ENUM_VALUE (THR_QUIT_ANSWER_CANCEL, "cancel"))
