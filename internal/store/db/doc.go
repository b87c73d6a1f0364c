// Package db is what sqlc makes of the queries of package store, one method for each: plain SQL for both engines, with no
// decision in it. Only this file is written by hand.
package db
