/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#define THR_GLIB_INSIDE

#include <thr-glib/thr-version.h>

#include <thr-glib/thr-enums.h>
#include <thr-glib/thr-error.h>

#include <thr-glib/thr-background.h>
#include <thr-glib/thr-binding.h>
#include <thr-glib/thr-thread-manager.h>
#include <thr-glib/thr-thread-wrapper.h>

#include <thr-glib/thr-async.h>
#include <thr-glib/thr-channel.h>
#include <thr-glib/thr-current.h>
#include <thr-glib/thr-defer.h>
#include <thr-glib/thr-event.h>
#include <thr-glib/thr-listener.h>
#include <thr-glib/thr-subscription.h>
#include <thr-glib/thr-worker.h>
#include <thr-glib/thr-access.h>
#include <thr-glib/thr-thimble.h>

#undef THR_GLIB_INSIDE
