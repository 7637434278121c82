// Package coordinator is the front door of troupe: [Spawn] opens the shards and starts the actors, a [Troupe] runs SQL
// over them, and [Rows] gathers what comes back. It decides where a statement goes and refuses what it can't answer
// exactly; it opens no connection itself and knows no protocol of a database.
//
// # Where a request goes
//
// The first of these that says something decides, and the others are not asked:
//
//  1. a pin: Options.Shards or Options.AllShards of the message, or [OnShard], [OnShards] or [AllShards] in the context;
//  2. the identity token: Options.Token, or for a Get and a Related [WithToken] in the context;
//  3. the only shard, if there is only one;
//  4. a chooser: the identity chooser for a Get and for what is loaded from an object, else the execute chooser.
//
// [Troupe.Add] asks the shard chooser in place of 4, and knows no token: an object that is added has none yet.
package coordinator
