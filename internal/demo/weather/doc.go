// Package weather is what SQLAlchemy's sharding examples are about: cities on four continents and their weather reports, a shard for each
// continent. The programs in examples share the data, the model and the choosers, and those that only differ in what a shard is share the
// [Story], too.
package weather
