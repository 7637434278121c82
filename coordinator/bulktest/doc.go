// Package bulktest tests the bulk calls of a troupe, CopyFrom and SendBatch, on real databases: what stays after a failure, what
// memory is taken, who is waited for. It has nothing but tests.
package bulktest
